import type { ImportDefinition, ImportEntity } from "../../contracts/import-definition.ts";
import type { RowImportFormat } from "../../contracts/import-format.ts";
import { decompress } from "../../formats/read/decompression.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { InboundMessage } from "./inbound-message.ts";

/** One entity's file in what was handed in. */
export interface Part {
  readonly entity: ImportEntity;
  /** Its place in the import's definition, from 0. */
  readonly index: number;
  readonly format: RowImportFormat;
  /** The file as it came; each call reads it anew. */
  raw(): Promise<AsyncIterable<Uint8Array>>;
  /** The file without compression; each call reads it anew. */
  unpacked(): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * The files in what was handed in, in the order of the import's definition.
 *
 * @throws AppError `file-not-found`, `file-unreadable`, `content-wrong` when the import expects something else
 */
export async function openParts(
  ports: Pick<Ports, "files">,
  message: InboundMessage,
  definition: ImportDefinition,
): Promise<readonly Part[]> {
  return [filePart(ports, message, definition)];
}

function filePart(
  ports: Pick<Ports, "files">,
  message: InboundMessage,
  definition: ImportDefinition,
): Part {
  const name = message.entity?.toLowerCase();
  const index = definition.entities.findIndex((entity) => entity.name.toLowerCase() === name);
  const entity = definition.entities[index];
  const format = entity?.format ?? definition.format;
  if (entity === undefined || format.kind === "package") {
    throw new AppError(
      "content-wrong",
      entity === undefined
        ? `Cannot import the file: the import has no entity "${message.entity}" any more`
        : "Cannot import the file: the import takes data packages by now",
    );
  }
  const raw = () => openFile(ports, message);
  return {
    entity,
    index,
    format,
    raw,
    unpacked: async () => decompress(await raw(), definition.decompression),
  };
}

async function openFile(
  ports: Pick<Ports, "files">,
  { id, file }: InboundMessage,
): Promise<AsyncIterable<Uint8Array>> {
  const found = await ports.files.read(file.path);
  if (found === null) {
    throw new AppError(
      "file-not-found",
      `Cannot import the file of message "${id}": it is no longer kept`,
    );
  }
  return found.content;
}
