import { createHash } from "node:crypto";
import type { Compression } from "../../contracts/export-shape.ts";
import type { Column, Row } from "../../contracts/rows.ts";
import { compress } from "../../formats/compression.ts";
import { CannotGoOn } from "../source.ts";
import type { OpenedPart } from "./export-part.ts";
import type { StagedFile } from "./staged-file.ts";
import type { SavedPlace, Saving } from "./write-request.ts";

interface Output {
  readonly file: StagedFile;
  readonly compression: Compression;
  readonly saving: Saving | null;
}

/**
 * Writes the rows of an entity in segments: after each the place is saved. A segment ends with a batch, and is compressed
 * by itself, because gzip files may be put one behind the other (RFC 1952 section 2.2). Most files have one segment.
 *
 * @returns false when another attempt is to go on
 */
export async function writeSegments(part: OpenedPart, output: Output): Promise<boolean> {
  const { saving } = output;
  const from = saving?.from ?? null;
  const batches = part.batches[Symbol.asyncIterator]();
  const state: Position = { isFirst: from === null, isLast: false };
  try {
    goOnFrom(part, from);
    for (;;) {
      await writeSegment(part, output, { batches, state });
      if (state.isLast) {
        return true;
      }
      state.isFirst = false;
      if (saving !== null && !(await save(part, output.file, saving))) {
        return false;
      }
    }
  } finally {
    // frees what the source holds; one that has ended takes no notice
    await batches.return?.();
  }
}

function goOnFrom(part: OpenedPart, from: SavedPlace | null): void {
  if (from !== null && from.columns !== columnsDigest(part.columns)) {
    throw new CannotGoOn("Cannot go on with the file: the columns have changed");
  }
  if (from !== null && from.records > 0) {
    part.writer.goOn?.();
  }
}

async function writeSegment(
  part: OpenedPart,
  { file, compression, saving }: Output,
  { batches, state }: { batches: AsyncIterator<readonly Row[]>; state: Position },
): Promise<void> {
  const rows = segment(batches, state, () => part.place() !== null && saving?.isDue() === true);
  for await (const bytes of compress(part.encode(rows, writerOf(part, state)), compression)) {
    await file.write(bytes);
  }
}

/** @returns whether to go on */
async function save(part: OpenedPart, file: StagedFile, saving: Saving): Promise<boolean> {
  const place = part.place();
  if (place === null) {
    return true;
  }
  return saving.save({
    file: await file.save(),
    records: (saving.from?.records ?? 0) + part.records(),
    columns: columnsDigest(part.columns),
    place,
  });
}

interface Position {
  isFirst: boolean;
  isLast: boolean;
}

/** The batches up to one after which it is time to save the place; it does not end the source. */
async function* segment(
  batches: AsyncIterator<readonly Row[]>,
  state: Position,
  isDue: () => boolean,
): AsyncGenerator<readonly Row[]> {
  for (;;) {
    const next = await batches.next();
    if (next.done === true) {
      state.isLast = true;
      return;
    }
    yield next.value;
    if (isDue()) {
      return;
    }
  }
}

/** What stands before the first row belongs to the first segment, what stands after the last one to the last. */
function writerOf({ writer }: OpenedPart, state: Position): OpenedPart["writer"] {
  return {
    start: () => (state.isFirst ? writer.start() : ""),
    rows: (batch) => writer.rows(batch),
    end: () => (state.isLast ? writer.end() : ""),
  };
}

/** A short text that changes with the columns of a file. */
function columnsDigest(columns: readonly Column[]): string {
  return createHash("sha256").update(JSON.stringify(columns)).digest("base64url").slice(0, 22);
}
