import { createHash, randomUUID } from "node:crypto";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import type { ActiveRun, Run, Slot } from "../domain/exports/run.ts";
import type { Runs, ScheduleMark } from "../domain/ports.ts";
import {
  commit,
  commitOnce,
  fromRow,
  getRow,
  type Key,
  pageOfRows,
  rowsWithPrefix,
  toRow,
} from "./table-rows.ts";

/**
 * Slots, runs and cursors in one table. PartitionKey = export id.
 *
 *   now:cursor                how far the export has read
 *   now:run:<run id>          exists while the run is not finished
 *   now:schedule              the mark: the last claimed due instant
 *   run:<time, descending>:<run id>
 *   slot:<due instant, descending>
 *   package:cursor            how far the export's packages have read
 *   package:token:<hash>      change token of one of its entities
 *
 * What a tick needs is one query (`now:`). A slot is claimed by moving the mark under its ETag; a run ends once, because its
 * `now:run` row can be deleted only once; the cursor moves in that same transaction.
 */
export function tableRuns(table: TableClient): Runs {
  return {
    current: async (exportId) => currentState(table, exportId),

    claim: async (slot, run, mark) => {
      const written = { key: slotKey(slot.exportId, slot.dueAt), writeId: slot.claimId };
      const actions: TransactionAction[] = [
        markAction(slot.exportId, slot.throughAt, mark),
        // one that is there was claimed by a clock that ran ahead, and whose mark was not believed
        ["upsert", toRow(written.key, slot, written.writeId), "Replace"],
        ...(run === null ? [] : insertions(run)),
      ];
      return commitOnce(table, actions, written);
    },

    resetSchedule: async (exportId, at, mark) => commit(table, [markAction(exportId, at, mark)]),

    request: async (run) => {
      const isNew = await commit(table, insertions(run));
      if (!isNew && (await getRow(table, runKey(run.exportId, run.runId))) === null) {
        throw new Error(`Cannot record run "${run.runId}": the table refused it`);
      }
    },

    find: async (exportId, runId) => {
      const row = await getRow(table, runKey(exportId, runId));
      return row === null ? null : fromRow<Run>(row);
    },

    update: async (run) =>
      commit(table, [
        ["update", toRow(activeKey(run), activeOf(run)), "Replace"],
        ["update", toRow(runKey(run.exportId, run.runId), run), "Replace"],
      ]),

    finish: async (run, cursor) => {
      const written = { key: runKey(run.exportId, run.runId), writeId: randomUUID() };
      const actions: TransactionAction[] = [
        ["delete", { ...activeKey(run) }],
        ["update", toRow(written.key, run, written.writeId), "Replace"],
      ];
      if (cursor !== null) {
        actions.push(["upsert", toRow(cursorKey(run), { cursor }), "Replace"]);
      }
      return commitOnce(table, actions, written);
    },

    packageCursor: async (exportId) => packageCursor(table, exportId),

    putChangeToken: async (exportId, entity, token) => {
      const row = toRow(tokenKey(exportId, entity), { entity, token });
      await table.upsertEntity(row, "Replace");
    },

    listRuns: async (exportId, page) =>
      pageOfRows<Run>(table, { partitionKey: exportId, prefix: "run:", page }),

    listSlots: async (exportId, page) =>
      pageOfRows<Slot>(table, { partitionKey: exportId, prefix: "slot:", page }),
  };
}

async function currentState(table: TableClient, exportId: string): ReturnType<Runs["current"]> {
  const active: ActiveRun[] = [];
  let cursor: string | null = null;
  let schedule: ScheduleMark | null = null;
  for await (const row of rowsWithPrefix(table, exportId, "now:")) {
    if (row.rowKey === "now:cursor") {
      cursor = fromRow<{ cursor: string }>(row).cursor;
    } else if (row.rowKey === "now:schedule") {
      const { lastClaimedAt } = fromRow<{ lastClaimedAt: Date }>(row);
      schedule = { claimedThrough: lastClaimedAt, etag: String(row.etag) };
    } else {
      active.push(fromRow<ActiveRun>(row));
    }
  }
  return { active, cursor, schedule };
}

async function packageCursor(
  table: TableClient,
  exportId: string,
): ReturnType<Runs["packageCursor"]> {
  const tokens: [entity: string, token: string][] = [];
  let cursor: string | null = null;
  for await (const row of rowsWithPrefix(table, exportId, "package:")) {
    if (row.rowKey === "package:cursor") {
      cursor = fromRow<{ cursor: string }>(row).cursor;
    } else {
      const { entity, token } = fromRow<{ entity: string; token: string }>(row);
      tokens.push([entity, token]);
    }
  }
  return { cursor, tokens: Object.fromEntries(tokens) };
}

function markAction(exportId: string, at: Date, mark: ScheduleMark | null): TransactionAction {
  const row = toRow(nowKey(exportId, "schedule"), { lastClaimedAt: at });
  return mark === null ? ["create", row] : ["update", row, "Replace", { etag: mark.etag }];
}

function insertions(run: Run): TransactionAction[] {
  return [
    ["create", toRow(runKey(run.exportId, run.runId), run)],
    ["create", toRow(activeKey(run), activeOf(run))],
  ];
}

function activeOf(run: Run): ActiveRun {
  return {
    runId: run.runId,
    state: run.state === "queued" ? "queued" : "running",
    touchedAt: run.startedAt ?? run.queuedAt,
    ...(run.package === undefined ? {} : { isOrder: true }),
  };
}

function nowKey(exportId: string, name: string): Key {
  return { partitionKey: exportId, rowKey: `now:${name}` };
}

function cursorKey({ exportId, package: order }: Run): Key {
  return order === undefined
    ? nowKey(exportId, "cursor")
    : { partitionKey: exportId, rowKey: "package:cursor" };
}

function tokenKey(exportId: string, entity: string): Key {
  // keys must not hold everything that names may
  const hash = createHash("sha256").update(entity).digest("hex");
  return { partitionKey: exportId, rowKey: `package:token:${hash}` };
}

function activeKey(run: Run): Key {
  return nowKey(run.exportId, `run:${run.runId}`);
}

function runKey(exportId: string, runId: string): Key {
  // the first 48 bits of a time-ordered GUID are its time (RFC 9562 section 5.7)
  const queuedMs = Number.parseInt(runId.replaceAll("-", "").slice(0, 12), 16);
  return { partitionKey: exportId, rowKey: `run:${descending(queuedMs)}:${runId}` };
}

function slotKey(exportId: string, dueAt: Date): Key {
  return { partitionKey: exportId, rowKey: `slot:${descending(dueAt.getTime())}` };
}

/** Tables sort ascending only; the newest first means counting down. */
function descending(ms: number): string {
  return String(999_999_999_999_999 - ms).padStart(15, "0");
}
