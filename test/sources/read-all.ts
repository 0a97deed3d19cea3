import type { Cell } from "../../src/contracts/rows.ts";
import type { Connection, Connections, Source, SourceRead } from "../../src/domain/source.ts";

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

/** Whatever name is asked for, it is this connection. */
export function connectionsOf(connection: Connection): Connections {
  return { get: () => connection };
}
