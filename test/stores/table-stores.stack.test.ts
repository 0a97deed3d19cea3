import { expect, test } from "vitest";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { toRow } from "../../src/stores/table-rows.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import {
  aConnector,
  aDeletion,
  aDelivery,
  all,
  anEntryDraft,
  aRun,
  aSlot,
} from "../support/stored-things.ts";

const storage = useFaultyStorage();

const DELIVERY = aDelivery();
const RUN = aRun();

/** Calls that would lose data if a missing table looked like a missing row. */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  "deliveries.insert": () => tableDeliveries(storage.table("absent")).insert(aDelivery()),
  "deliveries.find": () => tableDeliveries(storage.table("absent")).find("a", "b"),
  "deliveries.replace": () => tableDeliveries(storage.table("absent")).replace(DELIVERY, DELIVERY),
  "runs.claim": () => tableRuns(storage.table("absent")).claim(aSlot(RUN), RUN, null),
  "runs.finish": () => tableRuns(storage.table("absent")).finish(aRun(), null),
  "runs.beat": () => tableRuns(storage.table("absent")).beat(aRun(), new Date()),
  "ledger.close": () => tableLedger(storage.table("absent")).close("Shop.Items", "origin"),
  "runs.update": () =>
    tableRuns(storage.table("absent")).update(aRun(), { held: 0, at: new Date() }),
  "runs.find": () => tableRuns(storage.table("absent")).find("a", aRun().runId),
  "ledger.append": () => tableLedger(storage.table("absent")).append(anEntryDraft()),
  "ledger.find": () => tableLedger(storage.table("absent")).find("A.B", 1),
  "ledger.settle": () =>
    tableLedger(storage.table("absent")).noteAnnounced({
      ...anEntryDraft(),
      sequence: 1,
      deletedAt: null,
    }),
  "definitions.find": () =>
    tableDefinitions(storage.table("absent"), DEFINITION_SCHEMAS).find("exports", "a"),
  "definitions.put": () =>
    tableDefinitions(storage.table("absent"), DEFINITION_SCHEMAS).put(
      "connectors",
      aConnector(),
      null,
    ),
  "definitions.delete": () =>
    tableDefinitions(storage.table("absent"), DEFINITION_SCHEMAS).delete(
      "exports",
      "a",
      aDeletion(),
    ),
};

test.each(Object.entries(CALLS))(
  "%s on a table that is missing fails, rather than speak of a row",
  async (_, call) => {
    await expect(call()).rejects.toMatchObject({
      name: "RestError",
      message: expect.stringContaining("The table specified does not exist"),
    });
  },
);

test("a definition whose query parameter is named like the mark of dates comes back as it was", async () => {
  const body = DEFINITION_SCHEMAS.kinds.exports.parse({
    fileType: "Shop.Items",
    entities: [
      {
        name: "Items",
        source: {
          kind: "http-json",
          connection: "shop",
          path: "items",
          query: { $date: "2026-03-01", $$date: "x" },
          columns: [{ name: "id", type: "string" }],
          paging: { by: "none" },
          incremental: { by: "none" },
        },
      },
    ],
    format: { kind: "jsonl" },
  });
  const at = new Date("2026-03-01T10:00:00Z");
  const definition = {
    id: "items",
    body,
    updatedAt: at,
    scheduleSince: at,
    incarnation: "",
    updatedBy: "operator",
  };

  const stored = await storage.direct.definitions.put("exports", definition, null);

  expect(await storage.direct.definitions.find("exports", "items")).toEqual(stored);
  expect(await all(storage.direct.definitions.all("exports"))).toEqual([stored]);
});

test("a stored definition that this version does not understand is named, with what is wrong", async () => {
  const connector = { ...aConnector(), body: { name: 1, direction: "export" } };
  const { id } = connector;
  await storage
    .table("definitions")
    .createEntity(toRow({ partitionKey: "connectors", rowKey: id }, connector));
  const { definitions } = storage.direct;
  const why = /name must .*applications is missing/;

  await expect(definitions.find("connectors", id)).rejects.toMatchObject({
    code: "definition-unreadable",
    message: expect.stringMatching(`^Cannot use "connectors/${id}": .*`),
  });
  expect(await definitions.findAny("connectors", id)).toMatchObject({
    id,
    unreadable: expect.stringMatching(why),
    body: connector.body,
  });
  const found = (await all(definitions.all("connectors"))).find((one) => one.id === id);
  expect(found).toMatchObject({ unreadable: expect.stringMatching(why) });
  const { items } = await definitions.list("connectors", { limit: 1_000, after: null });
  expect(items.find((one) => one.id === id)).toMatchObject({ unreadable: expect.anything() });
});

test("a stored definition is looked at again when it is read, and its unusable version is told once", async () => {
  const connector = aConnector();
  await storage.direct.definitions.put("connectors", connector, null);
  const told: string[] = [];
  const definitions = tableDefinitions(storage.table("definitions"), DEFINITION_SCHEMAS, {
    problemsOf: () => [{ field: "applications", message: "are gone" }],
    onUnreadable: (kind, { id, unreadable }) => void told.push(`${kind}/${id}: ${unreadable}`),
  });

  const { id } = connector;
  expect(await definitions.findAny("connectors", id)).toMatchObject({
    unreadable: "applications are gone",
  });
  await definitions.findAny("connectors", id);

  expect(told).toEqual([`connectors/${id}: applications are gone`]);
});

test("a definition larger than a row is refused as invalid", async () => {
  const connector = aConnector({ name: "x".repeat(450_000) });

  await expect(storage.direct.definitions.put("connectors", connector, null)).rejects.toMatchObject(
    { code: "definition-invalid" },
  );
});
