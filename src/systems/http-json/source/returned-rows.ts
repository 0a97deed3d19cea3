import { createHash } from "node:crypto";
import type { Row } from "../../../formats/rows.ts";
import { microsOf } from "./instant.ts";

/**
 * The newest returned rows. The next read asks for them again (overlap) and leaves out those that have not changed.
 *
 * The next read begins at the newest value of the cursor column that the source returned, less the overlap. A value
 * later than the source's own `Date` does not count as newest. Otherwise one row dated in the future, or changed while
 * the pages were read, would make later reads skip rows. Our clock is not used.
 */
export interface ReturnedRows {
  /** @returns whether the row is new: no earlier read returned an equal row */
  add(row: Row): boolean;
  /** State for the next read. */
  kept(): KeptRows;
  /** State for another read that continues with the same rows. */
  state(): ReturnedState;
}

export interface ReturnedState {
  readonly newest: number | null;
  /** Values and digests of the rows within the overlap before `newest`. */
  readonly recent: readonly (readonly [at: number, digest: string])[];
}

export interface KeptRows {
  /** Newest value in microseconds since 1970; null before the first. */
  readonly newest: number | null;
  /** Digests of the rows within the overlap before `newest`, twelve characters each. */
  readonly digests: string;
}

export interface ReturnedRowsOptions {
  /** Index of the cursor column. */
  readonly index: number;
  readonly overlapMs: number;
  readonly earlier: KeptRows;
  /** The source's clock at its first answer, in microseconds; null when the answer had none. */
  readonly sourceNow: number | null;
  /** State of the read to continue; null: this read is the first. */
  readonly from: ReturnedState | null;
}

const DIGEST_LENGTH = 12;
/** Most rows that are remembered; more rows within the overlap are returned again. */
const MAX_KEPT = 2_000;

export function returnedRows(options: ReturnedRowsOptions): ReturnedRows {
  const { index, overlapMs, earlier, sourceNow, from } = options;
  const known = new Set(chunks(earlier.digests));
  let { newest } = from ?? earlier;
  let recent = (from?.recent ?? []).map(([at, digest]) => ({ at, digest }));

  const forgetOld = () => {
    const oldest = (newest ?? 0) - overlapMs * 1_000;
    recent = recent
      .filter(({ at }) => at >= oldest)
      .sort((a, b) => a.at - b.at)
      .slice(-MAX_KEPT);
  };

  return {
    add: (row) => {
      const instant = row[index];
      if (typeof instant !== "string") {
        return true;
      }
      const at = microsOf(instant);
      newest = Math.max(newest ?? Number.MIN_SAFE_INTEGER, Math.min(at, sourceNow ?? at));
      const digest = rowDigest(row);
      if (at >= newest - overlapMs * 1_000) {
        recent.push({ at, digest });
      }
      if (recent.length >= 2 * MAX_KEPT) {
        forgetOld();
      }
      return !known.has(digest);
    },
    kept: () => {
      forgetOld();
      return { newest, digests: [...new Set(recent.map(({ digest }) => digest))].join("") };
    },
    state: () => {
      forgetOld();
      return { newest, recent: recent.map(({ at, digest }) => [at, digest]) };
    },
  };
}

function rowDigest(row: Row): string {
  return createHash("sha256").update(JSON.stringify(row)).digest("base64").slice(0, DIGEST_LENGTH);
}

function chunks(digests: string): string[] {
  return digests.match(new RegExp(`.{${DIGEST_LENGTH}}`, "g")) ?? [];
}
