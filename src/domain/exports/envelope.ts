import { type Compression, compress } from "../../formats/compression.ts";
import type { ExportDefinition } from "../definitions/definitions.ts";
import { isPacked } from "../definitions/file-formats.ts";
import { type PackageWriter, packageWriter } from "../packages/write-package.ts";
import type { EndedEntity } from "./run.ts";
import type { SavedPlace } from "./write-request.ts";

/**
 * Turns the bytes of an export's entities into one file. The file consists of the bytes that these methods return, in
 * order.
 */
export interface Envelope {
  begin(entity: string): Buffer;
  /** Bytes of the entity, from one saved place to the next. */
  segment(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  endEntity(): Buffer;
  end(entities: readonly EndedEntity[]): AsyncIterable<Buffer>;
  /** State that another attempt needs to continue; null: none. */
  progress(): SavedPlace["archive"];
}

/**
 * A data package has a file for each entity. Any other file is its one entity, compressed segment by segment, because
 * gzip files may follow each other (RFC 1952 section 2.2).
 */
export function envelopeOf(
  definition: ExportDefinition,
  { writtenAt, from }: { writtenAt: Date; from: SavedPlace | null },
): Envelope {
  const { entities, format } = definition;
  if (format.kind === "package") {
    const names = entities.map(({ name }) => name);
    const { pack, ...writer }: PackageWriter = packageWriter({
      ...{ options: format, names, writtenAt, from: from?.archive ?? null },
    });
    return { ...writer, segment: pack };
  }
  const compression = compressionOf(definition);
  return {
    begin: () => NOTHING,
    segment: (bytes) => compress(bytes, compression),
    endEntity: () => NOTHING,
    end: async function* end() {},
    progress: () => null,
  };
}

/** How the whole file is compressed. */
export function compressionOf({ compression, format }: ExportDefinition): Compression {
  return compression ?? (isPacked(format) ? "none" : "gzip");
}

const NOTHING = Buffer.alloc(0);
