import { randomBytes } from "node:crypto";
import { odata, RestError, TableClient, type TransactionAction } from "@azure/data-tables";
import fc from "fast-check";
import { expect, test } from "vitest";
import { acknowledged, dequeued, isTakeable } from "../../src/domain/deliveries/delivery.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { useAzurite } from "../support/azurite.ts";
import { definitionsLife } from "../support/definitions-life.ts";
import { memoryTable } from "../support/memory-table.ts";
import { emptyTable } from "../support/memory-table-rows.ts";
import { aDelivery, all, anEntryDraft, aRun, aSlot } from "../support/stored-things.ts";

/** The table in memory is useful only while it answers like the real one. */
const azurite = useAzurite();

async function realTable(): Promise<TableClient> {
  const name = `t${randomBytes(8).toString("hex")}`;
  const options = { allowInsecureConnection: true };
  const table = TableClient.fromConnectionString(azurite.connectionString, name, options);
  await table.createTable();
  return table;
}

type Step = (table: TableClient, etags: Map<string, string>) => Promise<unknown>;

/** Outcome of a step, without the usual differences between two tables. */
async function outcomeOf(step: Promise<unknown>): Promise<unknown> {
  try {
    return bare(await step);
  } catch (error) {
    if (!(error instanceof RestError)) {
      throw error;
    }
    const details = error.details as { odataError?: { code?: string } } | undefined;
    return `${error.statusCode} ${error.code ?? details?.odataError?.code}`;
  }
}

const OWN_MEMBERS: readonly string[] = ["etag", "timestamp", "odata.metadata"];

function bare(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(bare);
  }
  if (typeof value !== "object" || value === null || value instanceof Date) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).filter(([name]) => !OWN_MEMBERS.includes(name)));
}

const key = fc.record({
  partitionKey: fc.constantFrom("p", "q"),
  rowKey: fc.constantFrom("a:1", "a:2", "a;", "b:1", "b'2", "c"),
});
const properties = fc.record(
  {
    text: fc.constantFrom("x", "y", "it's", ""),
    other: fc.constantFrom("x", "z"),
    at: fc.constantFrom(new Date("2026-03-01T10:00:00Z"), new Date("2026-03-01T10:00:00.001Z")),
  },
  { requiredKeys: [] },
);
const entity = fc.tuple(key, properties).map(([at, rest]) => ({ ...rest, ...at }));
const mode = fc.constantFrom<("Merge" | "Replace")[]>("Merge", "Replace");
/** Whatever version there is; the one that was read last; one that never was. */
const version = fc.constantFrom("*", "read", `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"`);

type EntityKey = { partitionKey: string; rowKey: string };
const nameOf = (at: EntityKey): string => `${at.partitionKey}/${at.rowKey}`;
const etagOf = (wanted: string, at: EntityKey, etags: Map<string, string>): string =>
  wanted === "read" ? (etags.get(nameOf(at)) ?? "*") : wanted;

const KINDS = ["create", "update", "upsert", "delete"] as const;
type Action = readonly [kind: (typeof KINDS)[number], row: EntityKey, how: Mode, wanted: string];
type Mode = "Merge" | "Replace";

/** Actions on one partition, each on another row. Other transactions are refused, and tested below. */
const transaction: fc.Arbitrary<readonly Action[]> = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom(...KINDS), entity, mode, version)
    .map(([kind, row, how, wanted]): Action => {
      return [kind, { ...row, partitionKey: "p" }, how, wanted];
    }),
  { minLength: 1, maxLength: 4, selector: ([, { rowKey }]) => rowKey },
);

function actionOf([kind, row, how, wanted]: Action, etags: Map<string, string>): TransactionAction {
  switch (kind) {
    case "create":
      return ["create", row];
    case "update":
      return ["update", row, how, { etag: etagOf(wanted, row, etags) }];
    case "upsert":
      return ["upsert", row, how];
    case "delete":
      // an ETag that the SDK does not send
      return ["delete", { ...row, etag: "no version" } as EntityKey];
  }
}

const filter = fc.constantFrom(
  odata`PartitionKey eq ${"p"}`,
  odata`PartitionKey eq ${"p"} and RowKey ge ${"a:"} and RowKey lt ${"a;"}`,
  odata`PartitionKey eq ${"p"} and RowKey gt ${"a:1"}`,
  odata`PartitionKey eq ${"p"} and RowKey eq ${"b'2"}`,
  odata`PartitionKey eq ${"p"} and (text eq ${"x"} or text eq ${"it's"}) and other ne ${"z"}`,
  odata`PartitionKey eq ${"p"} or RowKey eq ${"c"}`,
  odata`not (text eq ${"x"}) and other eq ${"x"}`,
  odata`at ge ${new Date("2026-03-01T10:00:00.001Z")}`,
);

async function pagesOf(table: TableClient, where: string, size: number): Promise<unknown[]> {
  const pages: unknown[] = [];
  const listed = table.listEntities({ queryOptions: { filter: where } });
  let token: string | undefined;
  do {
    const settings = { maxPageSize: size, ...(token && { continuationToken: token }) };
    const { value } = await listed.byPage(settings).next();
    pages.push(value.map(bare));
    token = value.continuationToken;
  } while (token !== undefined);
  return pages;
}

/** The headers that a write is answered with are not ours to compare. */
const write =
  (act: (table: TableClient, etags: Map<string, string>) => Promise<unknown>): Step =>
  (table, etags) =>
    act(table, etags).then(() => "written");

const step: fc.Arbitrary<Step> = fc.oneof(
  entity.map((row) => write((table) => table.createEntity(row))),
  fc
    .tuple(entity, mode, version)
    .map(([row, how, wanted]) =>
      write((table, etags) => table.updateEntity(row, how, { etag: etagOf(wanted, row, etags) })),
    ),
  fc.tuple(entity, mode).map(([row, how]) => write((table) => table.upsertEntity(row, how))),
  fc
    .tuple(key, version)
    .map(([at, wanted]) =>
      write((table, etags) =>
        table.deleteEntity(at.partitionKey, at.rowKey, { etag: etagOf(wanted, at, etags) }),
      ),
    ),
  key.map(
    (at): Step =>
      async (table, etags) => {
        const row = await table.getEntity(at.partitionKey, at.rowKey);
        etags.set(nameOf(at), String(row.etag));
        return row;
      },
  ),
  transaction.map((actions) =>
    write((table, etags) =>
      table.submitTransaction(actions.map((action) => actionOf(action, etags))),
    ),
  ),
  fc.tuple(filter, fc.constantFrom(1, 2, 1_000)).map(
    ([where, size]): Step =>
      (table) =>
        pagesOf(table, where, size),
  ),
);

test("the table in memory answers whatever it is asked as the real one does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const [real, memory] = [await realTable(), memoryTable(emptyTable())];
      const [realEtags, memoryEtags] = [new Map<string, string>(), new Map<string, string>()];
      for (const take of steps) {
        const expected = await outcomeOf(take(real, realEtags));
        expect(await outcomeOf(take(memory, memoryEtags))).toEqual(expected);
      }
    }),
    { numRuns: 40 },
  );
}, 300_000);

const created = (partitionKey: string, rowKey: number): TransactionAction => [
  "create",
  { partitionKey, rowKey: String(rowKey) },
];

test.each([
  ["more than a hundred actions", Array.from({ length: 101 }, (_, row) => created("p", row))],
  ["actions on two partitions", [created("p", 1), created("q", 1)]],
  ["two actions on one row", [created("p", 1), created("p", 1)]],
])("a transaction of %s is refused by both, and leaves nothing", async (_, actions) => {
  for (const table of [await realTable(), memoryTable(emptyTable())]) {
    await expect(table.submitTransaction(actions)).rejects.toThrow();
    expect(await all(table.listEntities())).toEqual([]);
  }
});

/** A life of each store; what it answers, step by step, without ids that are drawn. */
const LIVES: Readonly<Record<string, (table: TableClient) => Promise<unknown>>> = {
  ledger: async (table) => {
    const ledger = tableLedger(table);
    const drafts = [1, 2, 3].map(() => anEntryDraft({ fileType: "Test.T", fileId: "f" }));
    const entries = await Promise.all([...drafts, ...drafts].map((draft) => ledger.append(draft)));
    const owed = await all(ledger.unannounced("Test.T"));
    for (const entry of owed) {
      await ledger.noteAnnounced(entry);
      await ledger.noteAnnounced(entry);
    }
    const [notFannedOut] = await all(ledger.notFannedOut("Test.T"));
    await ledger.noteFannedOut(notFannedOut ?? fail());
    await ledger.noteBehind("Test.T", "s", 3);
    await ledger.noteBehind("Test.T", "s", 5);
    const [behind] = await ledger.behind("Test.T");
    await ledger.noteBehind("Test.T", "s", 2);
    const lost = await ledger.moveBehind(behind ?? fail(), 4);
    const [first] = await ledger.kept("Test.T", 1);
    await ledger.noteDeleted(first ?? fail(), new Date(0));
    await ledger.noteDeleted(first ?? fail(), new Date(1));
    return {
      numbers: new Set(entries.map(({ sequence }) => sequence)),
      owed: owed.map(({ sequence }) => sequence),
      left: await all(ledger.unannounced("Test.T")),
      owing: (await all(ledger.notFannedOut("Test.T"))).map(({ sequence }) => sequence),
      behind: [behind?.from, lost, (await ledger.behind("Test.T")).map(({ from }) => from)],
      owesAnything: await ledger.owesAnything("Test.T"),
      listed: (await ledger.listFrom("Test.T", 2, 1)).map(({ sequence }) => sequence),
      kept: (await ledger.kept("Test.T", 10)).map(({ sequence }) => sequence),
      deleted: (await ledger.list("Test.T", EVERYTHING)).items.map(({ deletedAt }) => deletedAt),
    };
  },
  deliveries: async (table) => {
    const deliveries = tableDeliveries(table);
    const delivery = aDelivery({ queueId: "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91" });
    const now = delivery.visibleAt;
    const leased = dequeued(delivery, { receipt: "r", now, leaseMs: 1, ordered: false });
    const acked = acknowledged(leased, "r", now);
    const { queueId } = delivery;
    return [
      [await deliveries.insert(delivery), await deliveries.insert(delivery)],
      await deliveries.ready(queueId, { now, limit: 5, ordered: false }),
      [await deliveries.replace(delivery, leased), await deliveries.replace(delivery, leased)],
      await deliveries.ready(queueId, { now, limit: 5, ordered: false }),
      [await deliveries.replace(leased, acked), await deliveries.delete(delivery)],
      [isTakeable(acked), await deliveries.find(queueId, delivery.id)],
      (await deliveries.list(queueId, { ...EVERYTHING, states: ["acked"] })).items,
      [await deliveries.delete(acked), await deliveries.find(queueId, delivery.id)],
    ];
  },
  runs: async (table) => {
    const runs = tableRuns(table);
    const run = aRun({ exportId: "things", runId: "019ca8d2-8c80-7000-8000-000000000001" });
    const slot = aSlot(run, { claimId: "c" });
    const ended = { ...run, endedAt: new Date(0) };
    const current = async () => {
      const { schedule, ...rest } = await runs.current("things");
      return { ...rest, claimedThrough: schedule?.claimedThrough };
    };
    return [
      [await runs.claim(slot, run, null), await runs.claim({ ...slot, claimId: "d" }, run, null)],
      await current(),
      [
        await runs.update({ ...run, state: "running" }, { held: 0, at: new Date(0) }),
        await runs.find("things", run.runId),
      ],
      [
        await runs.finish(ended, "c1"),
        await runs.finish(ended, "c2"),
        await runs.update(run, { held: 0, at: new Date(0) }),
      ],
      await current(),
      [(await runs.listRuns("things", EVERYTHING)).items.length, await runs.packageCursor("x")],
    ];
  },
  definitions: definitionsLife,
};

const EVERYTHING = { limit: 1_000, after: null };

function fail(): never {
  throw new Error("there is no such entry");
}

test.each(Object.entries(LIVES))("the store of %s lives alike on both tables", async (_, live) => {
  expect(await live(memoryTable(emptyTable()))).toEqual(await live(await realTable()));
});
