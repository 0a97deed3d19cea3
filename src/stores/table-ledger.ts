import { setTimeout as delay } from "node:timers/promises";
import {
  odata,
  type TableClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";
import { UnavailableError } from "../domain/errors.ts";
import type { Behind, Ledger } from "../domain/ledger/ledger.ts";
import { type EntryDraft, type LedgerEntry, OriginClosed } from "../domain/ledger/ledger-entry.ts";
import { placeOf } from "./row-keys.ts";
import {
  commit,
  commitOnce,
  deleteRow,
  deleteVersion,
  firstRows,
  fromRow,
  getRow,
  type Key,
  pageOfRows,
  rowsWithPrefix,
  toRow,
} from "./table-rows.ts";

/**
 * The ledger of every published file. PartitionKey = file type.
 *
 *   counter                last number given out
 *   entry:<number>         the published file
 *   origin:<origin id>     which number an origin got: at most one; none if it is closed
 *   kept:<number>          exists until the entry's file is deleted
 *   outbox:<number>        exists until the entry is announced
 *   owed:<number>          exists until the entry is fanned out to every subscription
 *   owed-to:<subscription> a subscription that lacks some file, and the number of the first one
 *
 * The first six rows change in one transaction: that is the moment of publication. Rows for owed work are adjacent in
 * key order, so that one query finds out whether any exists. A second partition, `file-types`, lists the file types, so
 * that a sweep need not read the whole table.
 */
export function tableLedger(table: TableClient): Ledger {
  const find = async (fileType: string, sequence: number): Promise<LedgerEntry | null> => {
    const row = await getRow(table, numberedKey({ fileType, sequence }, "entry"));
    return row === null ? null : fromRow<LedgerEntry>(row);
  };
  const findByOrigin = async (fileType: string, originId: string): Promise<LedgerEntry | null> => {
    const row = await getRow(table, originKey(fileType, originId));
    const sequence = row === null ? null : fromRow<{ sequence: number | null }>(row).sequence;
    return sequence === null ? null : find(fileType, sequence);
  };

  return {
    find,
    findByOrigin,

    append: async (draft) => {
      for (let attempt = 0; attempt < 50; attempt++) {
        const existing = await findByOrigin(draft.fileType, draft.originId);
        const entry = existing ?? (await tryAppend(table, draft));
        if (entry !== null) {
          return entry;
        }
        await requireOpen(table, draft);
        // many publishers of one file type at once: random delays give each round a winner and fewer losers
        await delay(Math.random() * 10 * attempt);
      }
      throw new UnavailableError(
        `Cannot publish a file of "${draft.fileType}": its ledger is too busy`,
      );
    },

    close: async (fileType, originId) => {
      await commit(table, [["create", toRow(originKey(fileType, originId), { sequence: null })]]);
      return findByOrigin(fileType, originId);
    },

    lastNumber: async (fileType) => lastNumber(await getRow(table, counterKey(fileType))),

    ...owedRows(table),
    ...behindNotes(table),

    listFrom: async (fileType, sequence, limit) => {
      const from = numberedKey({ fileType, sequence }, "entry").rowKey;
      const filter = odata`PartitionKey eq ${fileType} and RowKey ge ${from} and RowKey lt ${"entry;"}`;
      const rows = await firstRows(table, filter, limit);
      return rows.map((row) => fromRow<LedgerEntry>(row));
    },

    list: async (fileType, page) =>
      pageOfRows<LedgerEntry>(table, { partitionKey: fileType, prefix: "entry:", page }),

    fileTypes: async () => {
      const fileTypes: string[] = [];
      for await (const row of rowsWithPrefix(table, FILE_TYPES, "")) {
        fileTypes.push(fromRow<{ fileType: string }>(row).fileType);
      }
      return fileTypes;
    },

    kept: async (fileType, limit) => {
      const filter = odata`PartitionKey eq ${fileType} and RowKey ge ${"kept:"} and RowKey lt ${"kept;"}`;
      const rows = await firstRows(table, filter, limit);
      return rows.map((row) => fromRow<LedgerEntry>(row));
    },

    noteDeleted: async (entry, deletedAt) => {
      // when the row is gone, the deletion was noted before
      await commit(table, [
        ["delete", { ...numberedKey(entry, "kept") }],
        ["update", toRow(numberedKey(entry, "entry"), { ...entry, deletedAt }), "Replace"],
      ]);
    },
  };
}

/** @throws OriginClosed */
async function requireOpen(
  table: TableClient,
  { fileType, originId }: Pick<EntryDraft, "fileType" | "originId">,
): Promise<void> {
  const row = await getRow(table, originKey(fileType, originId));
  if (row !== null && fromRow<{ sequence: number | null }>(row).sequence === null) {
    throw new OriginClosed(`Cannot publish a file of "${fileType}": its run has ended without one`);
  }
}

/** @returns null when another publisher took the number */
async function tryAppend(table: TableClient, draft: EntryDraft): Promise<LedgerEntry | null> {
  const { fileType, originId } = draft;
  const counter = await getRow(table, counterKey(fileType));
  if (counter === null) {
    const fileTypeKey = { partitionKey: FILE_TYPES, rowKey: fileType };
    await table.upsertEntity(toRow(fileTypeKey, { fileType }), "Replace");
  }
  const sequence = lastNumber(counter) + 1;
  const entry: LedgerEntry = { ...draft, sequence, deletedAt: null };
  const isNew = await commit(table, [
    counted(counter, fileType, sequence),
    ["create", toRow(originKey(fileType, originId), { sequence })],
    ["create", toRow(numberedKey(entry, "entry"), entry)],
    ["create", toRow(numberedKey(entry, "outbox"), { sequence })],
    ["create", toRow(numberedKey(entry, "owed"), { sequence })],
    ["create", toRow(numberedKey(entry, "kept"), entry)],
  ]);
  return isNew ? entry : null;
}

type CounterRow = TableEntityResult<Record<string, unknown>> | null;

function lastNumber(counter: CounterRow): number {
  return counter === null ? 0 : fromRow<{ last: number }>(counter).last;
}

function counted(counter: CounterRow, fileType: string, last: number): TransactionAction {
  const row = toRow(counterKey(fileType), { last });
  return counter === null ? ["create", row] : ["update", row, "Replace", { etag: counter.etag }];
}

type OwedRows = Pick<
  Ledger,
  "owesAnything" | "unannounced" | "noteAnnounced" | "notFannedOut" | "noteFannedOut"
>;

function owedRows(table: TableClient): OwedRows {
  return {
    owesAnything: async (fileType) => {
      const filter = odata`PartitionKey eq ${fileType} and RowKey ge ${"outbox:"} and RowKey lt ${"owed;"}`;
      return (await firstRows(table, filter, 1)).length > 0;
    },

    unannounced: (fileType) => entriesOf(table, fileType, "outbox"),
    noteAnnounced: async (entry) => deleteRow(table, numberedKey(entry, "outbox")),
    notFannedOut: (fileType) => entriesOf(table, fileType, "owed"),
    noteFannedOut: async (entry) => deleteRow(table, numberedKey(entry, "owed")),
  };
}

/** Entries that have a row of this kind, in order. */
async function* entriesOf(
  table: TableClient,
  fileType: string,
  kind: "outbox" | "owed",
): AsyncGenerator<LedgerEntry> {
  for await (const row of rowsWithPrefix(table, fileType, `${kind}:`)) {
    const { sequence } = fromRow<{ sequence: number }>(row);
    const entry = await getRow(table, numberedKey({ fileType, sequence }, "entry"));
    if (entry !== null) {
      yield fromRow<LedgerEntry>(entry);
    }
  }
}

type BehindNotes = Pick<Ledger, "behind" | "noteBehind" | "moveBehind" | "endBehind">;

function behindNotes(table: TableClient): BehindNotes {
  return {
    behind: async (fileType) => {
      const notes: Behind[] = [];
      for await (const row of rowsWithPrefix(table, fileType, OWED_TO)) {
        const { subscriptionId, from } = fromRow<Pick<Behind, "subscriptionId" | "from">>(row);
        notes.push({ fileType, subscriptionId, from, etag: String(row.etag) });
      }
      return notes;
    },

    // each call writes the note anew, so that a caller about to end it sees the change
    noteBehind: async (fileType, subscriptionId, from) => {
      for (let attempt = 0; attempt < 50; attempt++) {
        const key = behindKey(fileType, subscriptionId);
        const before = await getRow(table, key);
        const first = before === null ? from : fromRow<{ from: number }>(before).from;
        const row = toRow(key, { subscriptionId, from: Math.min(first, from) });
        const action: TransactionAction =
          before === null
            ? ["create", row]
            : ["update", row, "Replace", { etag: String(before.etag) }];
        if (await commitOnce(table, [action], { key, writeId: String(row.writeId) })) {
          return;
        }
      }
      throw new UnavailableError(
        `Cannot note that subscription "${subscriptionId}" is behind: it is too busy`,
      );
    },

    moveBehind: async (behind, from) => {
      const { fileType, subscriptionId, etag } = behind;
      const key = behindKey(fileType, subscriptionId);
      const row = toRow(key, { subscriptionId, from });
      const isMoved = await commitOnce(table, [["update", row, "Replace", { etag }]], {
        key,
        writeId: String(row.writeId),
      });
      const moved = isMoved ? await getRow(table, key) : null;
      return moved === null ? null : { ...behind, from, etag: String(moved.etag) };
    },

    endBehind: async ({ fileType, subscriptionId, etag }) =>
      deleteVersion(table, behindKey(fileType, subscriptionId), etag),
  };
}

/** Never a file type: every file type has a dot. */
const FILE_TYPES = "file-types";

function counterKey(fileType: string): Key {
  return { partitionKey: fileType, rowKey: "counter" };
}

function originKey(fileType: string, originId: string): Key {
  return { partitionKey: fileType, rowKey: `origin:${originId}` };
}

function numberedKey(
  { fileType, sequence }: Pick<LedgerEntry, "fileType" | "sequence">,
  kind: "entry" | "kept" | "outbox" | "owed",
): Key {
  return { partitionKey: fileType, rowKey: `${kind}:${placeOf(sequence)}` };
}

const OWED_TO = "owed-to:";

function behindKey(fileType: string, subscriptionId: string): Key {
  return { partitionKey: fileType, rowKey: `${OWED_TO}${subscriptionId}` };
}
