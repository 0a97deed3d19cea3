import type { Row } from "../../formats/rows.ts";
import { CannotGoOn } from "../source.ts";
import { shortDigest } from "../values/digest.ts";
import type { Envelope } from "./envelope.ts";
import type { OpenedEntity } from "./open-entity.ts";
import type { EndedEntity, EntityPlace } from "./run.ts";
import type { StagedFile } from "./staged-file.ts";

interface Output {
  readonly file: StagedFile;
  readonly envelope: Envelope;
  /** Place where earlier attempts stopped; null: at the beginning. */
  readonly from: EntityPlace | null;
  /** Whether it is time to save the place. */
  isDue(): boolean;
  /** @returns whether to continue after it; if not, another attempt does */
  save(place: EntityPlace): Promise<boolean>;
}

/**
 * Writes the rows of an entity in segments: after each segment the place is saved. A segment ends with a batch, and is
 * packed by itself. Most entities have one segment.
 *
 * @returns null when another attempt must continue
 * @throws CannotGoOn when the rows have other columns than the earlier ones
 */
export async function writeEntity(
  entity: OpenedEntity,
  output: Output,
): Promise<EndedEntity | null> {
  const { file, envelope, from } = output;
  const batches = entity.batches[Symbol.asyncIterator]();
  const state: Position = { isFirst: from === null, isLast: false };
  try {
    goOnFrom(entity, from);
    if (state.isFirst) {
      await file.write(envelope.begin(entity.name));
    }
    for (;;) {
      await writeSegment(entity, output, { batches, state });
      if (state.isLast) {
        await file.write(envelope.endEntity());
        return entity.ended();
      }
      state.isFirst = false;
      if (!(await savePlace(entity, output))) {
        return null;
      }
    }
  } finally {
    // frees the source's resources; an ended source ignores it
    await batches.return?.();
  }
}

function goOnFrom({ columns, writer }: OpenedEntity, from: EntityPlace | null): void {
  if (from !== null && from.columns !== digestOf(columns)) {
    throw new CannotGoOn("Cannot go on with the file: the columns have changed");
  }
  if (from !== null && from.records > 0) {
    writer.goOn?.();
  }
}

async function writeSegment(
  entity: OpenedEntity,
  { file, envelope, isDue }: Output,
  { batches, state }: { batches: AsyncIterator<readonly Row[]>; state: Position },
): Promise<void> {
  const rows = segment(batches, state, () => isDue() && entity.place() !== null);
  for await (const bytes of envelope.segment(entity.encode(rows, writerOf(entity, state)))) {
    await file.write(bytes);
  }
}

/** Without the columns' bounds: if those change, the rows so far stay right. */
function digestOf(columns: OpenedEntity["columns"]): string {
  return shortDigest(columns.map(({ name, type }) => ({ name, type })));
}

/** @returns whether to continue */
async function savePlace(entity: OpenedEntity, { save }: Output): Promise<boolean> {
  const place = entity.place();
  return (
    place === null ||
    (await save({ records: entity.records(), columns: digestOf(entity.columns), place }))
  );
}

interface Position {
  isFirst: boolean;
  isLast: boolean;
}

/** The batches up to the time for saving the place. It does not end the source. */
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

/** Text before the first row belongs to the first segment, text after the last row to the last segment. */
function writerOf({ writer }: OpenedEntity, state: Position): OpenedEntity["writer"] {
  return {
    start: () => (state.isFirst ? writer.start() : NOTHING),
    rows: (batch) => writer.rows(batch),
    end: () => (state.isLast ? writer.end() : NOTHING),
  };
}

const NOTHING = Buffer.alloc(0);
