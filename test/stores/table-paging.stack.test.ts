import type { TransactionAction } from "@azure/data-tables";
import { expect, test } from "vitest";
import type { Page, PageRequest } from "../../src/domain/page.ts";
import { toRow } from "../../src/stores/table-rows.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import {
  aConnector,
  aDelivery,
  aFileType,
  all,
  anEntryDraft,
  aRun,
} from "../support/stored-things.ts";

/** More than the service ever gives in one answer. */
const ROWS = 1_203;

const storage = useFaultyStorage();

/** Writes rows as the adapter would, a hundred in one transaction. */
async function writeRows(table: string, rows: readonly ReturnType<typeof toRow>[]) {
  for (let from = 0; from < rows.length; from += 100) {
    const actions = rows.slice(from, from + 100).map((row): TransactionAction => ["create", row]);
    await storage.table(table).submitTransaction(actions);
  }
}

/** Follows `next` to the end. */
async function walk<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  limit: number,
): Promise<Item[][]> {
  const pages: Item[][] = [];
  for (let after: string | null = null; ; ) {
    const page = await list({ limit, after });
    pages.push([...page.items]);
    after = page.next;
    if (after === null) {
      return pages;
    }
  }
}

const counted = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test.each([1, 7, 100, 1_000])(
  "lists of the ledger in pages of %i hold every entry once, in order",
  async (limit) => {
    const fileType = aFileType();
    const entry = anEntryDraft({ fileType });
    const count = limit === 1 ? 5 : ROWS;
    await writeRows(
      "ledger",
      counted(count).map((sequence) => {
        const rowKey = `entry:${String(sequence).padStart(12, "0")}`;
        return toRow({ partitionKey: fileType, rowKey }, { ...entry, sequence });
      }),
    );

    const pages = await walk((page) => storage.direct.ledger.list(fileType, page), limit);

    expect(pages.flat().map(({ sequence }) => sequence)).toEqual(counted(count));
    expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    expect(pages.at(-1)?.length).toBeGreaterThan(0);
  },
  180_000,
);

test("a page that ends with the last entry is the last page", async () => {
  const first = await storage.direct.ledger.append(anEntryDraft());
  await storage.direct.ledger.append(anEntryDraft({ fileType: first.fileType }));

  expect(await storage.direct.ledger.list(first.fileType, { limit: 2, after: null })).toMatchObject(
    {
      items: [{ sequence: 1 }, { sequence: 2 }],
      next: null,
    },
  );
});

test("unannounced entries are found beyond the service's longest answer, in order", async () => {
  const fileType = aFileType();
  const entry = anEntryDraft({ fileType });
  const rowsOf = (kind: "entry" | "outbox") =>
    counted(ROWS).map((sequence) => {
      const rowKey = `${kind}:${String(sequence).padStart(12, "0")}`;
      const value = kind === "entry" ? { ...entry, sequence } : { sequence };
      return toRow({ partitionKey: fileType, rowKey }, value);
    });
  await writeRows("ledger", rowsOf("entry"));
  await writeRows("ledger", rowsOf("outbox"));

  const found = await all(storage.direct.ledger.unannounced(fileType));

  expect(found.map(({ sequence }) => sequence)).toEqual(counted(ROWS));
});

test("definitions are listed and walked by id, beyond the service's longest answer", async () => {
  const ids = counted(ROWS).map((number) => `id-${String(number).padStart(5, "0")}`);
  const connector = aConnector();
  await writeRows(
    "definitions",
    ids.map((id) => toRow({ partitionKey: "connectors", rowKey: id }, { ...connector, id })),
  );
  const { definitions } = storage.direct;

  const pages = await walk((page) => definitions.list("connectors", page), 500);

  expect(pages.map((page) => page.length)).toEqual([500, 500, 203]);
  expect(pages.flat().map(({ id }) => id)).toEqual(ids);
  expect((await all(definitions.all("connectors"))).map(({ id }) => id)).toEqual(ids);
});

test("runs are listed newest first and slots latest first, page by page", async () => {
  const { runs } = storage.direct;
  const exportId = "many-runs";
  const times = counted(25).map((minute) => new Date(Date.UTC(2026, 2, 1, 10, minute)));
  for (const queuedAt of times) {
    await runs.request(aRun({ exportId, queuedAt }));
  }

  const pages = await walk((page) => runs.listRuns(exportId, page), 10);

  expect(pages.flat().map(({ queuedAt }) => queuedAt)).toEqual(times.toReversed());
  expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
});

test("messages are listed once each, and the longest waiting are found first", async () => {
  const { deliveries } = storage.direct;
  const { queueId } = aDelivery();
  for (const sequence of counted(30)) {
    await deliveries.insert(aDelivery({ queueId }, sequence));
  }
  const pages = await walk((page) => deliveries.list(queueId, page), 7);
  const now = new Date("2026-03-01T11:00:00Z");

  expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(30);
  expect(pages.flat()).toHaveLength(30);
  expect(
    (await deliveries.ready(queueId, { now, limit: 12, ordered: false })).map(
      ({ file }) => file.sequence,
    ),
  ).toEqual(counted(12));
});

test("ready leaves out what becomes visible a millisecond later", async () => {
  const { deliveries } = storage.direct;
  const visibleAt = new Date("2026-03-01T11:00:00.000Z");
  const delivery = aDelivery({ visibleAt, position: visibleAt });
  await deliveries.insert(delivery);
  const readyAt = (now: Date) =>
    deliveries.ready(delivery.queueId, { now, limit: 5, ordered: false });

  expect(await readyAt(new Date(visibleAt.getTime() - 1))).toEqual([]);
  expect(await readyAt(visibleAt)).toEqual([{ ...delivery, previousSequence: null }]);
});

test.each(["'", "zzz", "! or PartitionKey ne '", "\u0007", "🤷", ""])(
  "a made-up continuation %j finds nothing of another partition",
  async (after) => {
    const other = await storage.direct.ledger.append(anEntryDraft());
    const own = await storage.direct.ledger.append(anEntryDraft());

    const { items } = await storage.direct.ledger.list(own.fileType, { limit: 10, after });

    expect(items.map(({ fileType }) => fileType)).not.toContain(other.fileType);
  },
);

test("a cursor of 400 KB comes back as it was, and one that is too large is refused by name", async () => {
  const { runs } = storage.direct;
  const run = aRun();
  await runs.request(run);
  const cursor = "ä".repeat(200_000) + "😀".repeat(102_400);

  expect(await runs.finish({ ...run, state: "succeeded" }, cursor)).toBe(true);

  expect((await runs.current(run.exportId)).cursor).toBe(cursor);
  const entry = await storage.direct.ledger.append(anEntryDraft({ nextCursor: cursor }));
  expect((await storage.direct.ledger.find(entry.fileType, 1))?.nextCursor).toBe(cursor);
  const next = aRun({ exportId: run.exportId });
  await runs.request(next);
  await expect(runs.finish(next, "x".repeat(460_000))).rejects.toThrow(
    /^Cannot store row "now:cursor": its JSON has 460013 characters/,
  );
  expect((await runs.current(run.exportId)).cursor).toBe(cursor);
});
