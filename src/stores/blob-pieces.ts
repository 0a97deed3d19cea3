import { type BlobServiceClient, type BlockBlobClient, RestError } from "@azure/storage-blob";
import type { FilePath } from "../domain/files.ts";
import type { Files } from "../domain/ports.ts";

/** Metadata by which a writer recognises its own blob; `label` removes it. Services differ in the case of names. */
export const WRITE_ID = "writeid";

/** The time limit of one request. */
export type InTime = () => { readonly abortSignal: AbortSignal };

/** Runs work on a file. If the file's container is missing, it is created first. */
export function containersOf(service: BlobServiceClient, inTime: InTime) {
  const containers = new Map<string, Promise<unknown>>();
  return async <Answer>({ container }: FilePath, work: () => Promise<Answer>): Promise<Answer> => {
    let created = containers.get(container);
    if (created === undefined) {
      created = service.getContainerClient(container).createIfNotExists(inTime());
      containers.set(container, created);
    }
    try {
      await created;
      return await work();
    } catch (error) {
      // the container may have been deleted: the next attempt checks again
      containers.delete(container);
      throw error;
    }
  };
}

export async function stage(
  blob: BlockBlobClient,
  { piece, content }: { piece: string; content: Uint8Array },
  transferMs: number,
): Promise<void> {
  const abortSignal = AbortSignal.timeout(transferMs);
  await blob.stageBlock(blockId(piece), content, content.byteLength, { abortSignal });
}

/** @returns false when a file of other pieces has that name */
export async function assemble(
  blob: BlockBlobClient,
  { pieces, madeOf, contentType }: Parameters<Files["assemble"]>[1],
  inTime: InTime,
): Promise<boolean> {
  try {
    await blob.commitBlockList(pieces.map(blockId), {
      blobHTTPHeaders: { blobContentType: contentType },
      conditions: { ifNoneMatch: "*" },
      metadata: { [WRITE_ID]: madeOf },
      ...inTime(),
    });
    return true;
  } catch (error) {
    if (!isAlreadyThere(error)) {
      throw error;
    }
    const { metadata } = await blob.getProperties(inTime());
    return metadata?.[WRITE_ID] === madeOf;
  }
}

function blockId(piece: string): string {
  return Buffer.from(piece).toString("base64");
}

/** Other conflicts have the same status, e.g. a container that is being deleted. */
export function isAlreadyThere(error: unknown): boolean {
  return (
    error instanceof RestError &&
    (error.code === "BlobAlreadyExists" || error.code === "ConditionNotMet")
  );
}
