import { expect, test } from "vitest";
import { storedBody } from "../../src/stores/stored-names.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { fromRow, toRow } from "../../src/stores/table-rows.ts";
import { tableSubmissions } from "../../src/stores/table-submissions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { aSubmission } from "../support/a-submission.ts";
import { CONNECTOR_ID, subscriptionBody } from "../support/definition-bodies.ts";
import { memoryTable } from "../support/memory-table.ts";
import { emptyTable } from "../support/memory-table-rows.ts";
import { aDeletion, aDelivery, savedAt } from "../support/stored-things.ts";

/** Names of row members in earlier versions. */
const EARLIER: Readonly<Record<string, string>> = {
  queueId: "activityId",
  connectorId: "activityId",
  submissionId: "messageId",
};

function asEarlier(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [EARLIER[name] ?? name, member]),
  );
}

/** The values of all rows, by the names that they are stored under. */
async function storedIn(table: ReturnType<typeof memoryTable>): Promise<object[]> {
  const values: object[] = [];
  for await (const row of table.listEntities<Record<string, unknown>>()) {
    values.push(fromRow<object>(row));
  }
  return values;
}

test("a delivery is stored as earlier versions stored it, and read", async () => {
  const table = memoryTable(emptyTable());
  const delivery = aDelivery();

  await tableDeliveries(table).insert(delivery);

  const stored = asEarlier({ ...delivery, previousSequence: null });
  expect(await storedIn(table)).toEqual([{ sequence: 1 }, stored, stored]);
  expect(await tableDeliveries(table).find(delivery.queueId, delivery.id)).toMatchObject(delivery);
});

test("a submission and its claims are stored as earlier versions stored them, and read", async () => {
  const table = memoryTable(emptyTable());
  const submission = aSubmission();
  const { connectorId, id } = submission;
  const claims = [{ key: "content:x", until: null }];

  await tableSubmissions(table).insert(submission, { ordered: false, claims });

  const stored = await storedIn(table);
  expect(stored).toContainEqual(asEarlier(submission));
  expect(stored).toContainEqual({ messageId: id, until: null });
  expect(JSON.stringify(stored)).not.toMatch(/connectorId|submissionId/);
  expect(await tableSubmissions(table).get(connectorId, id)).toEqual(submission);
});

test("a subscription of an earlier version is read, and its history", async () => {
  const table = memoryTable(emptyTable());
  const definitions = tableDefinitions(table, DEFINITION_SCHEMAS);
  const at = new Date("2026-03-01T12:00:00Z");
  const body = subscriptionBody();
  const earlier = { ...body, via: { kind: "connector", activityId: CONNECTOR_ID } };
  expect(storedBody("subscriptions", body)).toEqual(earlier);
  const stored = { id: "prices", body: earlier, ...savedAt(at), version: 1 };
  await table.createEntity(toRow({ partitionKey: "subscriptions", rowKey: "prices" }, stored));

  const found = await definitions.find("subscriptions", "prices");
  await definitions.delete("subscriptions", "prices", aDeletion());
  const history = await definitions.history("subscriptions", "prices", { before: null, limit: 9 });

  expect(found?.body.via).toEqual({ kind: "connector", connectorId: CONNECTOR_ID });
  expect(history.map((change) => change.body)).toEqual([
    expect.objectContaining({ via: { kind: "connector", connectorId: CONNECTOR_ID } }),
    expect.objectContaining({ via: { kind: "connector", connectorId: CONNECTOR_ID } }),
  ]);
});
