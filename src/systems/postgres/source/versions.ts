/**
 * The exact way to find changed rows: PostgreSQL's own book-keeping of row versions.
 *
 * Each row version has in `xmin` the id of the transaction that wrote it. A read keeps its snapshot in its cursor; the
 * next read returns
 *
 *     every version whose id is not below the lowest id that was running then (`since.xmin`),
 *     except versions by transactions of which that read returned a row already (`since.seen`).
 *
 * Why nothing is lost: ids are given out in ascending order. A transaction gets its id before its subtransactions
 * (savepoints, plpgsql EXCEPTION blocks) get theirs. If the earlier snapshot could not see a version, the writing
 * transaction was running then or had no id yet. Either way its own id is not below `since.xmin`, and neither are its
 * subtransactions' ids. The list of running transactions in a snapshot must not be used instead. It does not name
 * subtransactions, so their versions would look old.
 *
 * Why it is right to leave rows out: all versions of one (sub)transaction become visible at once. If one of them was in
 * the earlier snapshot, all were. That read returned each of them that the later read can still see. Ids below
 * `now.xmin` cannot come back and are forgotten. With more than {@link MAX_SEEN} ids the oldest are forgotten too, and
 * their rows come twice.
 *
 * These events would break it; each is handled:
 * - TRUNCATE, COPY FREEZE and rewriting ALTER TABLE show rows to snapshots that are older than the rows. They hold an
 *   exclusive lock until they commit. So the table is locked (ACCESS SHARE) *before* the snapshot is taken.
 * - `xmin` has 32 bits. The window [since.xmin, now.xmax) is tested modulo 2^32. That is right for every version that
 *   is not frozen, since they span 2^31. It is right for frozen ones written in the window, since freezing keeps `xmin`
 *   from version 9.4 on.
 *   A version frozen 2^32 ids ago may seem new once and come twice. Ids 1 and 2 (bootstrap, and freezing before 9.4)
 *   are old by definition. A window of 2^32 ids or more leads to a full read.
 * - A new partition or child table may hold old versions. So tables that the cursor does not name are read whole. A
 *   table replaced by another of the same name leads to a full read. So do columns that got values without new row
 *   versions (ADD COLUMN with a default, `table.ts`).
 * - Ids have a meaning in one cluster only: see `server.ts`.
 * - An asynchronously committed transaction can be seen, then lost in a crash, and its id given out again. So a cursor
 *   is given out only when everything that its snapshot saw is on disk (`server.ts`).
 * - HOT updates, moves between partitions, upserts, logical replication and restores write versions like any other. Row
 *   locks (SELECT FOR UPDATE and foreign keys, multixacts) and deletes change only `xmax`. VACUUM FULL and CLUSTER keep
 *   `xmin`; pg_repack and rewriting ALTER TABLE renew it, and all rows come again.
 * - Prepared transactions count as running. On a standby `pg_current_snapshot()` lists no running ids, but its xmin is
 *   right, and only that is used.
 *
 * It does not notice a row that a row-level security policy or a view starts to show without a write.
 *
 * @see https://www.postgresql.org/docs/current/transaction-id.html
 */
export interface Snapshot {
  /** Lowest transaction id that was still running. */
  readonly xmin: number;
  /** First id that was not given out yet. */
  readonly xmax: number;
}

/** The state that an earlier read saw. */
export interface Since {
  readonly snapshot: Snapshot;
  /** Ids of (sub)transactions whose rows were returned, not below the snapshot's xmin. */
  readonly seen: readonly number[];
  /** Ids (pg_class.oid) of the tables, children and partitions that were read. */
  readonly tableIds: readonly number[];
}

export const MAX_SEEN = 2_000;
/** In a wider window, the full id of a 32-bit `xmin` is not certain. */
export const MAX_WINDOW_IDS = 2 ** 32;

const BOOTSTRAP_AND_FROZEN = [1, 2];

/** @param text text of a `pg_snapshot`: `xmin:xmax:running,running...` */
export function parseSnapshot(text: string): Snapshot {
  const [xmin, xmax] = text.split(":").map(Number) as [number, number];
  return { xmin, xmax };
}

/** The state that the present read sees. */
export interface Now {
  readonly snapshot: Snapshot;
  /** Ids of the table itself, its children and partitions, as locked before the snapshot. */
  readonly tableIds: readonly number[];
}

/** Adds a parameter to a statement and returns its placeholder. */
export type Bind = (value: unknown) => string;

/** The condition, in SQL, that a row version of `alias` is new to a read after `since`. */
export function changedSince(alias: string, range: { since: Since; now: Now }, bind: Bind): string {
  const { since, now } = range;
  const window = inWindow(alias, since.snapshot.xmin, now.snapshot.xmax);
  const changed =
    window === "false"
      ? window
      : `(${window} and ${alias}.xmin <> all(${bind(seenIds(since.seen))}::xid[]))`;
  const known = new Set(since.tableIds);
  const added = now.tableIds.filter((id) => !known.has(id));
  return added.length === 0
    ? changed
    : `(${changed} or ${alias}.tableoid = any(${bind(added)}::oid[]))`;
}

/** Whether no transaction was running, so that no version can come back and none has to be remembered. */
export function isIdle({ snapshot }: Now): boolean {
  return snapshot.xmin === snapshot.xmax;
}

/**
 * An expression, in SQL, for the 32-bit id of a row version to remember; null for most.
 *
 * Only tables that were locked before the snapshot count: a new partition may show rows early.
 */
export function versionToRemember(alias: string, { snapshot, tableIds }: Now, bind: Bind): string {
  const window = inWindow(alias, snapshot.xmin, snapshot.xmax);
  const wasLocked = `${alias}.tableoid = any(${bind(tableIds)}::oid[])`;
  return `case when ${window} and ${wasLocked} then ${alias}.xmin::text end`;
}

/** The ids for the cursor: those of this read, and those of earlier reads that can still come back. */
export function seenAfter(
  now: Snapshot,
  returned: ReadonlySet<string>,
  earlier: readonly number[],
): number[] {
  const all = new Set(earlier.filter((id) => id >= now.xmin));
  for (const id of returned) {
    all.add(widened(Number(id), now.xmax));
  }
  return [...all].sort((a, b) => a - b).slice(-MAX_SEEN);
}

/** The full id below `xmax` that ends in these 32 bits. */
function widened(id: number, xmax: number): number {
  const difference = (((xmax - id) % MAX_WINDOW_IDS) + MAX_WINDOW_IDS) % MAX_WINDOW_IDS;
  return xmax - difference;
}

function inWindow(alias: string, from: number, to: number): string {
  // An empty window needs no scan: the planner folds the constant.
  return from >= to
    ? "false"
    : `((${alias}.xmin::text::bigint - ${from % MAX_WINDOW_IDS}) & 4294967295) < ${to - from}`;
}

function seenIds(seen: readonly number[]): number[] {
  return [...BOOTSTRAP_AND_FROZEN, ...seen.map((id) => id % MAX_WINDOW_IDS)];
}
