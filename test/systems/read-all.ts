import type { Source, SourceRead } from "../../src/domain/source.ts";
import type { Cell } from "../../src/formats/rows.ts";

export interface WholeRead {
  readonly read: SourceRead;
  readonly rows: readonly (readonly Cell[])[];
  readonly cursor: string;
}

/** Reads to the end: in full without a cursor, else what changed since. */
export async function readAll(
  source: Source,
  cursor: string | null = null,
  mode: "full" | "incremental" = "incremental",
): Promise<WholeRead> {
  const read = await source.read({ cursor, mode, signal: new AbortController().signal });
  const rows: (readonly Cell[])[] = [];
  for await (const batch of read.batches) {
    rows.push(...batch);
  }
  return { read, rows, cursor: read.nextCursor() };
}

type Rows = (readonly Cell[])[];

/** Reads up to the first place, and stops. @returns null in place of a place when the rows came to their end */
export async function readStretch(source: Source, cursor: string | null, place: string | null) {
  const signal = new AbortController().signal;
  const read = await source.read({ cursor, mode: "incremental", signal, place });
  const batches = read.batches[Symbol.asyncIterator]();
  const rows: Rows = [];
  for (;;) {
    const next = await batches.next();
    if (next.done) {
      return { rows, place: null, cursor: read.nextCursor() };
    }
    rows.push(...next.value);
    const stoppedAt = read.place?.() ?? null;
    if (stoppedAt !== null) {
      await batches.return?.();
      return { rows, place: stoppedAt, cursor: null };
    }
  }
}

/** Reads in as many stretches as it takes, with something done between two of them. */
export async function readInStretches(
  source: Source,
  cursor: string | null = null,
  between: (stretch: number) => unknown = () => undefined,
): Promise<{ rows: Rows; cursor: string; stretches: number }> {
  const rows: Rows = [];
  let place: string | null = null;
  for (let stretch = 1; ; stretch++) {
    const read: Awaited<ReturnType<typeof readStretch>> = await readStretch(source, cursor, place);
    rows.push(...read.rows);
    if (read.cursor !== null) {
      return { rows, cursor: read.cursor, stretches: stretch };
    }
    place = read.place;
    await between(stretch);
  }
}
