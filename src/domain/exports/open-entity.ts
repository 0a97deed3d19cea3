import { type EncodedRows, encodeRows } from "../../formats/encode-rows.ts";
import type { FileWriter } from "../../formats/format.ts";
import { writableFormat } from "../../formats/index.ts";
import type { Column, Row } from "../../formats/rows.ts";
import type { ExportEntity } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { planTransform } from "../rows/transform-rows.ts";
import type { SourceRead } from "../source.ts";
import { type EntityStart, startOf } from "./export-cursor.ts";
import type { EndedEntity, EntityPlace } from "./run.ts";
import type { ExportFileRequest } from "./write-request.ts";

/** An entity with an open source. */
export interface OpenedEntity {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly batches: AsyncIterable<readonly Row[]>;
  readonly writer: FileWriter;
  /** See {@link SourceRead.place}; always null if the format must be written in one invocation. */
  place(): string | null;
  /** Turns rows into bytes, and counts them. */
  encode(batches: AsyncIterable<readonly Row[]>, writer: FileWriter): AsyncIterable<Buffer>;
  /** Encoded rows, those of earlier attempts included. */
  records(): number;
  /** @throws Error before the batches were taken to the end */
  ended(): EndedEntity;
}

/** @param from place where earlier attempts stopped; null: at the beginning */
export async function openEntity(
  ports: Pick<Ports, "openSource">,
  request: ExportFileRequest,
  { entity, from }: { entity: ExportEntity; from: EntityPlace | null },
): Promise<OpenedEntity> {
  const { mode, signal, maxRows, definition } = request;
  const options = definition.format.kind === "package" ? definition.format.file : definition.format;
  const start = startOf(request.cursor, entity, request.owner);
  const place = from?.place ?? null;
  const read = await ports
    .openSource(entity.source)
    .read({ cursor: start.cursor, mode, signal, place });
  const { columns, transform } = planTransform(read.columns, entity);
  const writer = writableFormat(options.kind).writer(columns, entity.name, options);
  const before = from?.records ?? 0;
  const encoded: EncodedRows[] = [];
  const records = () => encoded.reduce((sum, { rowCount }) => sum + rowCount, before);
  return {
    name: entity.name,
    columns,
    batches: limited(mapped(read.batches, transform), maxRows === null ? null : maxRows - before),
    writer,
    place: () => (writer.goOn === undefined ? null : (read.place?.() ?? null)),
    encode: (batches, part) => {
      const rows = encodeRows(batches, part);
      encoded.push(rows);
      return rows;
    },
    records,
    ended: () => ({
      name: entity.name,
      columns: definition.format.kind === "package" ? columns.map(({ name }) => name) : [],
      records: records(),
      ...(maxRows === null ? summaryOf(read, start) : SAMPLE),
    }),
  };
}

type Summary = Pick<EndedEntity, "mode" | "fullBecause" | "window" | "cursor">;

/** Summary of a preview, which reads only some rows. */
const SAMPLE: Summary = {
  mode: "full",
  fullBecause: null,
  window: { from: null, to: null },
  cursor: null,
};

function summaryOf(read: SourceRead, start: EntityStart): Summary {
  return {
    mode: read.mode,
    fullBecause: start.fullBecause ?? read.fullBecause,
    window: read.window(),
    cursor: read.nextCursor(),
  };
}

async function* mapped(
  batches: AsyncIterable<readonly Row[]>,
  transform: (batch: readonly Row[]) => readonly Row[],
): AsyncGenerator<readonly Row[]> {
  for await (const batch of batches) {
    yield transform(batch);
  }
}

/** The first rows; the rest is not read. */
async function* limited(
  batches: AsyncIterable<readonly Row[]>,
  maxRows: number | null,
): AsyncGenerator<readonly Row[]> {
  let left = maxRows ?? Number.POSITIVE_INFINITY;
  for await (const batch of batches) {
    yield batch.length <= left ? batch : batch.slice(0, left);
    left -= batch.length;
    if (left <= 0) {
      return;
    }
  }
}
