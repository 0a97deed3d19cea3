import { createHash } from "node:crypto";
import type { ExportDefinition, ExportEntity } from "../../contracts/definitions.ts";
import type { RowFormatOptions } from "../../contracts/export-shape.ts";
import type { Row } from "../../contracts/rows.ts";
import { compress, compressionNames } from "../../formats/compression.ts";
import { type EncodedRows, encodeRows } from "../../formats/encode-rows.ts";
import { encodingOf, formatFor } from "../../formats/registry.ts";
import { PACKAGE_NAMES, writePackage } from "../packages/write-package.ts";
import type { FilePath, Ports } from "../ports.ts";
import type { SourceRead } from "../source.ts";
import { nextExportCursor, startOf } from "./export-cursor.ts";
import { planTransform } from "./transform-rows.ts";

export interface ExportFile {
  readonly records: number;
  /** Null when there was nothing to upload. */
  readonly written: { readonly bytes: number; readonly sha256: string } | null;
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  readonly window: { readonly from: string | null; readonly to: string | null };
  readonly nextCursor: string;
}

interface WriteRequest {
  readonly definition: ExportDefinition;
  readonly mode: "full" | "incremental";
  /** The export's cursor; null: it never ran. */
  readonly cursor: string | null;
  readonly path: FilePath;
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
    unlessEmpty(contentOf(definition, parts), () => {
      return definition.preventUploadWhenZeroRecords && records() === 0;
    }),
  );
  let uploaded = true;
  try {
    await ports.files.write(path, measured.content, exportFileNames(definition).contentType);
  } catch (error) {
    if (!(error instanceof NothingToUpload)) {
      throw error;
    }
    uploaded = false;
  }
  return { records: records(), written: uploaded ? measured.result() : null, ...summaryOf(parts) };
}

/** One entity of the file; its source is read when its bytes are asked for. */
interface Part {
  readonly entity: ExportEntity;
  bytes(): AsyncGenerator<Buffer>;
  records(): number;
  /** @throws Error before the bytes were taken to the end */
  finished(): { read: SourceRead; fullBecause: string | null };
}
