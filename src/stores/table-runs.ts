import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { TableClient, TableEntityResult, TransactionAction } from "@azure/data-tables";
import { UnavailableError } from "../domain/errors.ts";
import type { ActiveRun, Run, Slot } from "../domain/exports/run.ts";
import { runIdTime } from "../domain/exports/run-id.ts";
import type { Runs, ScheduleMark } from "../domain/ports.ts";
import { descending } from "./row-keys.ts";
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
 * A tick needs one query (`now:`). Moving the mark under its ETag claims a slot. A run is changed under the ETag of its
 * `now:run` row, which names the attempt in charge. A run ends once, because that row can be deleted only once. The
 * cursor moves in that same transaction.
 */
export function tableRuns(table: TableClient): Runs {
  return {
    current: async (exportId) => currentState(table, exportId),

    claim: async (slot, run, mark) => {
      const written = { key: slotKey(slot.exportId, slot.dueAt), writeId: slot.claimId };
      const actions: TransactionAction[] = [
        markAction(slot.exportId, slot.throughAt, mark),
        // a clock that ran ahead may have claimed it, and its mark was not believed
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
      return row === null ? null : runOf(row);
    },

    update: async (run, options) => updateRun(table, run, options),

    beat: async (run, at) =>
      repeated(async () => {
        const held = await activeRow(table, run);
        if (held === null || held.active.attempts !== run.attempts) {
          return false;
        }
        return replaceActive(table, held, { ...held.active, state: "running", touchedAt: at });
      }),

    resend: async (exportId, run, at) => {
      const held = await activeRow(table, { exportId, runId: run.runId });
      if (held === null || !isDeepStrictEqual(held.active, run)) {
        return null;
      }
      const again: ActiveRun = {
        ...run,
        state: "queued",
        touchedAt: at,
        // it is sent now, even if a clock that ran ahead set another time
        dueAt: null,
        resends: run.resends + 1,
        revision: run.revision + 1,
      };
      return (await replaceActive(table, held, again)) ? again : null;
    },

    finish: async (run, cursor) => finishRun(table, run, cursor),

    packageCursor: async (exportId) => packageCursor(table, exportId),

    putChangeToken: async (exportId, entity, token) => {
      const row = toRow(tokenKey(exportId, entity), { entity, token });
      await table.upsertEntity(row, "Replace");
    },

    listRuns: async (exportId, page) =>
      pageOfRows(table, { partitionKey: exportId, prefix: "run:", page }, runOf),

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
      active.push(activeOf(row));
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
  const { queuedAt: at } = run;
  return [
    ["create", toRow(runKey(run.exportId, run.runId), run)],
    ["create", toRow(activeKey(run), projection(run, { at, revision: 0 }))],
  ];
}

async function updateRun(
  table: TableClient,
  run: Run,
  { held, at }: { held: number; at: Date },
): Promise<boolean> {
  return repeated(async () => {
    const before = await activeRow(table, run);
    if (before === null || before.active.attempts !== held) {
      return false;
    }
    const active = projection(run, { at, revision: before.active.revision + 1 });
    const written = { key: runKey(run.exportId, run.runId), writeId: randomUUID() };
    const actions: TransactionAction[] = [
      ["update", toRow(activeKey(run), active), "Replace", { etag: before.etag }],
      ["update", toRow(written.key, run, written.writeId), "Replace"],
    ];
    return (await commitOnce(table, actions, written)) ? true : null;
  });
}

async function finishRun(table: TableClient, run: Run, cursor: string | null): Promise<boolean> {
  return repeated(async () => {
    const written = { key: runKey(run.exportId, run.runId), writeId: randomUUID() };
    const row = await getRow(table, written.key);
    const before = await activeRow(table, run);
    if (row === null || before === null || before.active.attempts !== run.attempts) {
      return false;
    }
    const actions: TransactionAction[] = [
      // a new attempt changes this row; a deletion in a batch would not notice that
      ["update", toRow(written.key, run, written.writeId), "Replace", { etag: String(row.etag) }],
      ["delete", { ...activeKey(run) }],
    ];
    if (cursor !== null) {
      actions.push(["upsert", toRow(cursorKey(run), { cursor }), "Replace"]);
    }
    return (await commitOnce(table, actions, written)) ? true : null;
  });
}

interface HeldRow {
  readonly key: Key;
  readonly active: ActiveRun;
  readonly etag: string;
}

async function activeRow(
  table: TableClient,
  run: Pick<Run, "exportId" | "runId">,
): Promise<HeldRow | null> {
  const key = activeKey(run);
  const row = await getRow(table, key);
  return row === null ? null : { key, active: activeOf(row), etag: String(row.etag) };
}

/** @returns null when another writer changed the row since it was read */
async function replaceActive(
  table: TableClient,
  held: HeldRow,
  after: ActiveRun,
): Promise<true | null> {
  const written = { key: held.key, writeId: randomUUID() };
  const row = toRow(written.key, after, written.writeId);
  const actions: TransactionAction[] = [["update", row, "Replace", { etag: held.etag }]];
  return (await commitOnce(table, actions, written)) ? true : null;
}

/** Upper bound; this many changes of one run at once never occur. */
const MAX_REPETITIONS = 20;

/** Repeats an attempt until no other change interferes. */
async function repeated(attempt: () => Promise<boolean | null>): Promise<boolean> {
  for (let repetition = 0; repetition < MAX_REPETITIONS; repetition++) {
    const answer = await attempt();
    if (answer !== null) {
      return answer;
    }
  }
  throw new UnavailableError("Cannot change a run: others keep changing it");
}

/** Earlier versions stored fewer members. */
function runOf(row: TableEntityResult<Record<string, unknown>>): Run {
  const members = { postponements: 0, nextAttemptAt: null, continuations: 0, checkpoint: null };
  return { ...members, ...fromRow<Omit<Run, keyof typeof members>>(row) };
}

function activeOf(row: TableEntityResult<Record<string, unknown>>): ActiveRun {
  const members = { attempts: 0, dueAt: null, resends: 0, revision: 0 };
  return { ...members, ...fromRow<Omit<ActiveRun, keyof typeof members>>(row) };
}

function projection(run: Run, { at, revision }: { at: Date; revision: number }): ActiveRun {
  return {
    runId: run.runId,
    state: run.state === "queued" ? "queued" : "running",
    touchedAt: at,
    ...(run.package === undefined ? {} : { isOrder: true }),
    attempts: run.attempts,
    dueAt: run.nextAttemptAt,
    resends: 0,
    revision,
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
  // keys cannot hold every character of a name
  const hash = createHash("sha256").update(entity).digest("hex");
  return { partitionKey: exportId, rowKey: `package:token:${hash}` };
}

function activeKey(run: Pick<Run, "exportId" | "runId">): Key {
  return nowKey(run.exportId, `run:${run.runId}`);
}

function runKey(exportId: string, runId: string): Key {
  return { partitionKey: exportId, rowKey: `run:${descending(runIdTime(runId))}:${runId}` };
}

function slotKey(exportId: string, dueAt: Date): Key {
  return { partitionKey: exportId, rowKey: `slot:${descending(dueAt.getTime())}` };
}
