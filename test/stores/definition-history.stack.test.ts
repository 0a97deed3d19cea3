import { randomUUID } from "node:crypto";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { expect, test } from "vitest";
import type {
  DefinitionChange,
  Definitions,
} from "../../src/domain/definitions/definition-store.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { fromRow, toRow } from "../../src/stores/table-rows.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import { parseRowFilter } from "../support/memory-table-filter.ts";
import { aConnector, aDeletion, all } from "../support/stored-things.ts";

const storage = useFaultyStorage();
const KIND = "connectors";
const NEWEST = { before: null, limit: 1_000 };

const historyOf = (id: string, definitions: Definitions = storage.direct.definitions) =>
  definitions.history(KIND, id, NEWEST);

/** A history in one line. */
function told(changes: readonly DefinitionChange[]): string {
  return changes.map(({ version, action }) => `${version} ${action}`).join(", ");
}

function renamed(connector: ReturnType<typeof aConnector>, name: string) {
  return { ...connector, body: { ...connector.body, name } };
}

/** A row as apps before there were histories stored them. */
async function storeAsBefore(
  connector: ReturnType<typeof aConnector>,
  mode: "create" | "update" = "create",
): Promise<void> {
  const { updatedBy: _, ...old } = connector;
  const row = toRow({ partitionKey: KIND, rowKey: connector.id }, old);
  const table = storage.table("definitions");
  await (mode === "create" ? table.createEntity(row) : table.updateEntity(row, "Replace"));
}

test("each change is kept with who, when and what, and a definition that is made again goes on with its history", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  const { id } = connector;
  const at = new Date("2026-03-02T10:00:00Z");
  const second = { ...renamed(connector, "Second"), updatedBy: "somebody", updatedAt: at };

  const first = await definitions.put(KIND, connector, null);
  const replaced = await definitions.put(KIND, second, first.etag);
  const deletion = await definitions.delete(KIND, id, {
    ...aDeletion(),
    applicationId: "else",
    at,
  });
  const again = await definitions.put(KIND, connector, null);

  expect([first.version, replaced.version, deletion, again.version]).toEqual([1, 2, 3, 4]);
  const by = { at: connector.updatedAt, applicationId: "operator", body: connector.body };
  expect(await historyOf(id)).toEqual([
    { version: 4, action: "created", ...by },
    { version: 3, action: "deleted", at, applicationId: "else", body: second.body },
    { version: 2, action: "replaced", at, applicationId: "somebody", body: second.body },
    { version: 1, action: "created", ...by },
  ]);
  expect(told(await definitions.history(KIND, id, { before: 4, limit: 2 }))).toBe(
    "3 deleted, 2 replaced",
  );
  expect(await definitions.find(KIND, id)).toMatchObject({ version: 4, updatedBy: "operator" });
});

test("the history of an id that begins like another one's is its own", async () => {
  const { definitions } = storage.direct;
  const { updatedBy, ...at } = aConnector();
  const id = `a${randomUUID().slice(0, 8)}`;
  for (const longer of [id, `${id}-b`, `${id}0`]) {
    await definitions.put(KIND, { ...at, updatedBy, id: longer }, null);
  }

  expect(told(await historyOf(id))).toBe("1 created");
});

test("a definition that was stored before there were histories is found by its first change", async () => {
  const { definitions } = storage.direct;
  const [toReplace, toDelete] = [aConnector(), aConnector()];
  await storeAsBefore(toReplace);
  await storeAsBefore(toDelete);
  const before = await definitions.find(KIND, toReplace.id);
  expect(before).toMatchObject({ version: 0, updatedBy: null, body: toReplace.body });
  expect(await historyOf(toReplace.id)).toEqual([]);

  const replaced = await definitions.put(KIND, renamed(toReplace, "New"), before?.etag ?? "");
  await definitions.delete(KIND, toDelete.id, aDeletion());

  expect(replaced.version).toBe(2);
  const found = { version: 1, action: "found", at: toReplace.updatedAt, applicationId: null };
  expect((await historyOf(toReplace.id))[1]).toEqual({ ...found, body: toReplace.body });
  expect(told(await historyOf(toReplace.id))).toBe("2 replaced, 1 found");
  expect(told(await historyOf(toDelete.id))).toBe("2 deleted, 1 found");
});

test("what an app without histories stored meanwhile is found, too", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  await definitions.put(KIND, connector, null);
  await storeAsBefore(renamed(connector, "By an older app"), "update");

  await definitions.put(KIND, renamed(connector, "Third"), "*");

  const changes = await historyOf(connector.id);
  expect(told(changes)).toBe("3 replaced, 2 found, 1 created");
  expect(changes[1]?.body).toMatchObject({ name: "By an older app" });
});

test("an app that knows no histories, as is still at work while a newer one is deployed, takes no change for a definition", async () => {
  const connector = aConnector();
  await storage.direct.definitions.put(KIND, connector, null);
  const filter = odata`PartitionKey eq ${KIND} and RowKey ge ${"~"}`;
  const rows = await all(storage.table("definitions").listEntities({ queryOptions: { filter } }));

  const read = rows.map((row) => fromRow<{ id: string; body: unknown }>(row));

  expect(read.map(({ id }) => id)).toContain(`~${connector.id}:999999998`);
  expect(read.filter(({ id, body }) => !id.startsWith("~") || body !== undefined)).toEqual([]);
});

test("the largest definition, of any version, can be deleted, and its history holds it whole", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector({ name: "x".repeat(449_000) });
  await storeAsBefore(connector);

  await definitions.delete(KIND, connector.id, aDeletion());

  const changes = await historyOf(connector.id);
  expect(changes.map(({ body }) => body)).toEqual([connector.body, connector.body]);
});

test("whoever reads definitions asks for a range that ends before all histories", async () => {
  const table = storage.table("definitions");
  const filters: string[] = [];
  const asked: TableClient = Object.create(table, {
    listEntities: {
      value: (options: Parameters<TableClient["listEntities"]>[0]) => {
        filters.push(options?.queryOptions?.filter ?? "");
        return table.listEntities(options);
      },
    },
  });
  const definitions = tableDefinitions(asked);
  const connector = aConnector();
  await storage.direct.definitions.put(KIND, connector, null);

  const listed = await all(definitions.all(KIND));
  const page = await definitions.list(KIND, { limit: 1_000, after: null });
  const last = await definitions.list(KIND, { limit: 1_000, after: listed.at(-1)?.id ?? "" });

  expect(listed.map(({ id }) => id)).toContain(connector.id);
  expect(listed.filter(({ id }) => id.startsWith("~"))).toEqual([]);
  expect(page.items).toEqual(listed);
  expect(last).toEqual({ items: [], next: null });
  expect(filters).toHaveLength(3);
  for (const filter of filters) {
    expect(parseRowFilter(filter)).toMatchObject({ partitionKey: KIND, lastRowKey: "~" });
  }
});

test("of many who change one definition at once, each one's change is in the history once, and no other", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  await definitions.put(KIND, connector, null);

  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, (_, index) =>
      index % 4 === 3
        ? definitions.delete(KIND, connector.id, aDeletion())
        : definitions.put(KIND, renamed(connector, `Name ${index}`), "*"),
    ),
  );

  const done = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const numbers = done.map((one) => (typeof one === "number" ? one : one.version));
  const changes = await historyOf(connector.id);
  expect(numbers.sort((a, b) => b - a)).toEqual(changes.slice(0, -1).map(({ version }) => version));
  const { length } = changes;
  expect(changes.map(({ version }) => version)).toEqual(
    Array.from({ length }, (_, index) => length - index),
  );
});

/** A table on which something else happens once: when a row was read, or when a transaction was committed. */
function disturbed(when: "read" | "committed", disturb: () => Promise<unknown>): TableClient {
  const table = storage.table("definitions");
  let isDisturbed = false;
  const disturbing = async <Answer>(now: typeof when, answer: Promise<Answer>): Promise<Answer> => {
    const answered = await answer;
    if (now === when && !isDisturbed) {
      isDisturbed = true;
      await disturb();
    }
    return answered;
  };
  return Object.create(table, {
    getEntity: {
      value: (partitionKey: string, rowKey: string) =>
        disturbing("read", table.getEntity(partitionKey, rowKey)),
    },
    submitTransaction: {
      value: (actions: TransactionAction[]) =>
        disturbing("committed", table.submitTransaction(actions)),
    },
  });
}

test("a definition is not deleted when somebody has replaced it since it was read", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  const { etag } = await definitions.put(KIND, connector, null);
  const slow = tableDefinitions(
    disturbed("read", () => definitions.put(KIND, renamed(connector, "Faster"), etag)),
  );

  await expect(slow.delete(KIND, connector.id, aDeletion(etag))).rejects.toMatchObject({
    code: "definition-changed",
  });

  expect(await definitions.find(KIND, connector.id)).toMatchObject({ body: { name: "Faster" } });
  expect(told(await historyOf(connector.id))).toBe("2 replaced, 1 created");
});

test("a definition that is replaced as soon as it is stored was stored, and its ETag is that of no version", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  const slow = tableDefinitions(
    disturbed("committed", () => definitions.put(KIND, renamed(connector, "Next"), "*")),
  );

  const { etag, version } = await slow.put(KIND, connector, null);

  expect(version).toBe(1);
  expect(told(await historyOf(connector.id))).toBe("2 replaced, 1 created");
  await expect(definitions.put(KIND, connector, etag)).rejects.toMatchObject({
    code: "definition-changed",
  });
});
