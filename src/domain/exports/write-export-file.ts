import { createHash } from "node:crypto";
import type { ExportDefinition, ExportEntity } from "../../contracts/definitions.ts";
import type { Column, Row } from "../../contracts/rows.ts";
import { compress, compressionNames } from "../../formats/compression.ts";
import { type EncodedRows, encodeRows } from "../../formats/encode-rows.ts";
import { NotRepresentableError } from "../../formats/not-representable.ts";
import { encodingOf, formatFor } from "../../formats/registry.ts";
import { AppError } from "../errors.ts";
import { PACKAGE_NAMES, writePackage } from "../packages/write-package.ts";
import type { FilePath, Ports } from "../ports.ts";
import type { SourceRead } from "../source.ts";
import { type CursorOwner, nextExportCursor, startOf } from "./export-cursor.ts";
import { planTransform } from "./transform-rows.ts";

export interface ExportFile {
  readonly records: number;
  /** Null when there was nothing to upload. */
  readonly written: { readonly bytes: number; readonly sha256: string } | null;
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** Null when not every row was read. */
  readonly nextCursor: string | null;
}

interface WriteRequest {
  readonly definition: ExportDefinition;
  readonly mode: "full" | "incremental";
  /** The export's cursor; null: it never ran. */
  readonly cursor: string | null;
  /** Whose cursor may be gone on from, and whose the next one is. */
  readonly owner: CursorOwner;
  readonly path: FilePath;
  readonly writtenAt: Date;
  /** So many rows of each entity are enough; null: all. */
  readonly maxRows: number | null;
  readonly signal: AbortSignal;
}

/** How the export's files are named and announced. */
export function exportFileNames(definition: ExportDefinition): {
  extension: string;
  contentType: string;
  contentEncoding: "gzip" | null;
} {
  if (definition.format.kind === "package") {
    return { ...PACKAGE_NAMES, contentEncoding: null };
  }
  const { extension, contentType } = formatFor(definition.format.kind);
  const { suffix, contentEncoding } = compressionNames(definition.compression ?? "gzip");
  return { extension: extension + suffix, contentType, contentEncoding };
}

/**
 * Reads every entity of an export and writes the one file that they make. Rows flow from the source to storage only as
 * fast as storage takes them; nothing holds a whole file.
 *
 * @throws AppError what the source, the shape or the format refuses
 */
export async function writeExportFile(
  ports: Pick<Ports, "openSource" | "files">,
  request: WriteRequest,
): Promise<ExportFile> {
  const { definition, path } = request;
  const parts = definition.entities.map((entity) => openPart(ports, request, entity));
  const records = (): number => parts.reduce((sum, part) => sum + part.records(), 0);
  const measured = measure(
    unlessEmpty(contentOf(request, parts), () => {
      return definition.preventUploadWhenZeroRecords && records() === 0;
    }),
  );
  let uploaded = true;
  try {
    await ports.files.write(path, measured.content, exportFileNames(definition).contentType);
  } catch (error) {
    if (!(error instanceof NothingToUpload)) {
      throw namedFailure(error);
    }
    uploaded = false;
  }
  const summary = request.maxRows === null ? summaryOf(parts, request.owner) : SAMPLE;
  return { records: records(), written: uploaded ? measured.result() : null, ...summary };
}

/** One entity of the file; its source is read when its bytes are asked for. */
interface Part {
  readonly name: string;
  readonly entity: ExportEntity;
  /** Its bytes, and the columns that they hold. */
  open(): Promise<{ columns: readonly Column[]; bytes: AsyncIterable<Buffer> }>;
  records(): number;
  /** @throws Error before the bytes were taken to the end */
  finished(): { readonly read: SourceRead; readonly fullBecause: string | null };
}

function openPart(
  ports: Pick<Ports, "openSource">,
  request: WriteRequest,
  entity: ExportEntity,
): Part {
  const { format } = request.definition;
  const options = format.kind === "package" ? format.file : format;
  const start = startOf(request.cursor, entity, request.owner);
  let read: SourceRead | undefined;
  let encoded: EncodedRows | undefined;
  return {
    name: entity.name,
    entity,
    open: async () => {
      read = await ports
        .openSource(entity.source)
        .read({ cursor: start.cursor, mode: request.mode, signal: request.signal });
      const { columns, transform } = planTransform(read.columns, entity);
      const writer = formatFor(options.kind).writer(columns, entity.name, options);
      const rows = mapped(read.batches, transform);
      encoded = encodeRows(limited(rows, request.maxRows), writer, encodingOf(options));
      return { columns, bytes: encoded };
    },
    records: () => encoded?.rowCount ?? 0,
    finished: () => {
      if (read === undefined) {
        throw new Error(`Cannot end the export of "${entity.name}": it was never read`);
      }
      return { read, fullBecause: start.fullBecause ?? read.fullBecause };
    },
  };
}

async function* contentOf(request: WriteRequest, parts: readonly Part[]): AsyncGenerator<Buffer> {
  const { format, compression } = request.definition;
  if (format.kind === "package") {
    yield* writePackage({ options: format, entities: parts, writtenAt: request.writtenAt });
    return;
  }
  for (const part of parts) {
    const { bytes } = await part.open();
    yield* compress(bytes, compression ?? "gzip");
  }
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

/** Ends an upload that turns out to have nothing in it: what fails is never committed. */
class NothingToUpload extends Error {}

async function* unlessEmpty(
  content: AsyncIterable<Buffer>,
  isEmpty: () => boolean,
): AsyncGenerator<Buffer> {
  yield* content;
  if (isEmpty()) {
    throw new NothingToUpload();
  }
}

/** What a format cannot hold is the data's fault, and final; anything else may pass. */
function namedFailure(error: unknown): unknown {
  return error instanceof NotRepresentableError
    ? new AppError("value-not-representable", error.message, { cause: error })
    : error;
}

/** Counts and hashes what passes. */
function measure(content: AsyncIterable<Buffer>): {
  content: AsyncIterable<Buffer>;
  result(): { bytes: number; sha256: string };
} {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* measured(): AsyncGenerator<Buffer> {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { content: measured(), result: () => ({ bytes, sha256: hash.digest("hex") }) };
}

type Summary = Pick<ExportFile, "mode" | "fullBecause" | "window" | "nextCursor">;

/** Of reads that were not taken to their end. */
const SAMPLE: Summary = {
  mode: "full",
  fullBecause: null,
  window: { from: null, to: null },
  nextCursor: null,
};

/** A package is incremental only if every entity is; its window is that of a single entity, or none. */
function summaryOf(parts: readonly Part[], owner: CursorOwner): Summary {
  const ends = parts.map((part) => ({ entity: part.entity, ...part.finished() }));
  const [only] = ends;
  return {
    mode: ends.every(({ read }) => read.mode === "incremental") ? "incremental" : "full",
    fullBecause: ends.find((end) => end.fullBecause !== null)?.fullBecause ?? null,
    window: ends.length === 1 && only !== undefined ? only.read.window() : { from: null, to: null },
    nextCursor: nextExportCursor(
      ends.map(({ entity, read }) => ({ entity, cursor: read.nextCursor() })),
      owner,
    ),
  };
}
