import { setTimeout as delay } from "node:timers/promises";
import {
  odata,
  type TableClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";
import type { Ledger } from "../domain/ports.ts";
import {
  type EntryDraft,
  type LedgerEntry,
  OriginClosed,
} from "../domain/publishing/ledger-entry.ts";
import {
  commit,
  firstRows,
  fromRow,
  getRow,
  isRowMissing,
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
 *   outbox:<number>        exists until the entry is announced
 *   kept:<number>          exists until the entry's file is deleted
 *
 * All five change in one transaction: that is the moment at which a file is published. A second partition,
 * `file-types`, lists the file types, so that a sweep need not read the whole table.
 */
export function tableLedger(table: TableClient): Ledger {
  const find = async (fileType: string, sequence: number): Promise<LedgerEntry | null> => {
    const row = await getRow(table, numberedKey(fileType, "entry", sequence));
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
        // many publishers of one file type at once: spread them, so that each round has a winner and fewer losers
        await delay(Math.random() * 10 * attempt);
      }
      throw new Error(`Cannot publish a file of "${draft.fileType}": its ledger is too busy`);
    },

    close: async (fileType, originId) => {
      await commit(table, [["create", toRow(originKey(fileType, originId), { sequence: null })]]);
      return findByOrigin(fileType, originId);
    },

    unannounced: (fileType) => unannounced(table, fileType),

    settle: async (entry) => {
      const { partitionKey, rowKey } = numberedKey(entry.fileType, "outbox", entry.sequence);
      try {
        await table.deleteEntity(partitionKey, rowKey);
      } catch (error) {
        if (!isRowMissing(error)) {
          throw error;
        }
      }
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
      const { fileType, sequence } = entry;
      // when the row is gone, the deletion was noted before
      await commit(table, [
        ["delete", { ...numberedKey(fileType, "kept", sequence) }],
        [
          "update",
          toRow(numberedKey(fileType, "entry", sequence), { ...entry, deletedAt }),
          "Replace",
        ],
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

/** @returns null when somebody else took the number */
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
    ["create", toRow(numberedKey(fileType, "entry", sequence), entry)],
    ["create", toRow(numberedKey(fileType, "outbox", sequence), { sequence })],
    ["create", toRow(numberedKey(fileType, "kept", sequence), entry)],
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

async function* unannounced(
  table: TableClient,
  fileType: string | null,
): AsyncGenerator<LedgerEntry> {
  if (fileType === null) {
    for await (const row of rowsWithPrefix(table, FILE_TYPES, "")) {
      yield* unannounced(table, fromRow<{ fileType: string }>(row).fileType);
    }
    return;
  }
  for await (const row of rowsWithPrefix(table, fileType, "outbox:")) {
    const { sequence } = fromRow<{ sequence: number }>(row);
    const entry = await getRow(table, numberedKey(fileType, "entry", sequence));
    if (entry !== null) {
      yield fromRow<LedgerEntry>(entry);
    }
  }
}

/** No file type is called so: they all have a dot. */
const FILE_TYPES = "file-types";

function counterKey(fileType: string): Key {
  return { partitionKey: fileType, rowKey: "counter" };
}

function originKey(fileType: string, originId: string): Key {
  return { partitionKey: fileType, rowKey: `origin:${originId}` };
}

function numberedKey(fileType: string, kind: "entry" | "outbox" | "kept", sequence: number): Key {
  return { partitionKey: fileType, rowKey: `${kind}:${String(sequence).padStart(12, "0")}` };
}
