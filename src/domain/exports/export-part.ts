import type { ExportEntity } from "../../contracts/definitions.ts";
import type { Column, Row } from "../../contracts/rows.ts";
import { type EncodedRows, encodeRows } from "../../formats/encode-rows.ts";
import type { RowWriter } from "../../formats/format.ts";
import { encodingOf, formatFor } from "../../formats/registry.ts";
import type { Ports } from "../ports.ts";
import type { SourceRead } from "../source.ts";
import { startOf } from "./export-cursor.ts";
import { planTransform } from "./transform-rows.ts";
import type { WriteRequest } from "./write-request.ts";

/** One entity of the file; its source is read when its bytes or rows are asked for, once. */
export interface Part {
  readonly name: string;
  readonly entity: ExportEntity;
  /** Its bytes, and the columns that they hold. */
  open(): Promise<{ columns: readonly Column[]; bytes: AsyncIterable<Buffer> }>;
  /**
   * Its rows, to be encoded piece by piece.
   * @param place where the source goes on; null: at the beginning
   */
  read(place: string | null): Promise<OpenedPart>;
  /** Rows that were encoded by this attempt. */
  records(): number;
  /** @throws Error before the bytes were taken to the end */
  finished(): { readonly read: SourceRead; readonly fullBecause: string | null };
}

export interface OpenedPart {
  readonly columns: readonly Column[];
  readonly batches: AsyncIterable<readonly Row[]>;
  readonly writer: RowWriter;
  /** @see SourceRead.place */
  place(): string | null;
  /** Turns rows into bytes, and counts them. */
  encode(batches: AsyncIterable<readonly Row[]>, writer: RowWriter): AsyncIterable<Buffer>;
  records(): number;
}

export function openPart(
  ports: Pick<Ports, "openSource">,
  request: WriteRequest,
  entity: ExportEntity,
): Part {
  const { format } = request.definition;
  const options = format.kind === "package" ? format.file : format;
  const start = startOf(request.cursor, entity, request.owner);
  const encoded: EncodedRows[] = [];
  const records = (): number => encoded.reduce((sum, { rowCount }) => sum + rowCount, 0);
  let source: SourceRead | undefined;

  const read = async (place: string | null): Promise<OpenedPart> => {
    const { cursor } = start;
    const { mode, signal, maxRows } = request;
    const opened = await ports.openSource(entity.source).read({ cursor, mode, signal, place });
    source = opened;
    const { columns, transform } = planTransform(opened.columns, entity);
    return {
      columns,
      batches: limited(mapped(opened.batches, transform), maxRows),
      writer: formatFor(options.kind).writer(columns, entity.name, options),
      place: () => opened.place?.() ?? null,
      encode: (batches, writer) => {
        const rows = encodeRows(batches, writer, encodingOf(options));
        encoded.push(rows);
        return rows;
      },
      records,
    };
  };

  return {
    name: entity.name,
    entity,
    open: async () => {
      const { columns, batches, writer, encode } = await read(null);
      return { columns, bytes: encode(batches, writer) };
    },
    read,
    records,
    finished: () => {
      if (source === undefined) {
        throw new Error(`Cannot end the export of "${entity.name}": it was never read`);
      }
      return { read: source, fullBecause: start.fullBecause ?? source.fullBecause };
    },
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

/** What comes first; the rest is not read. */
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
