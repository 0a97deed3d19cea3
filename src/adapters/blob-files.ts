import { Readable } from "node:stream";
import { type BlobServiceClient, type BlockBlobClient, RestError } from "@azure/storage-blob";
import type { FilePath, Files } from "../domain/ports.ts";

/** Two blocks under way keep the memory of an upload at 16 MiB; 50,000 blocks make the largest file 390 GiB. */
const BLOCK_BYTES = 8 * 1024 * 1024;
const BLOCKS_UNDER_WAY = 2;

/**
 * Files as block blobs. A blob is visible only when it is whole: its blocks are committed at the end, and an upload
 * that fails leaves nothing to see.
 *
 * No Content-Encoding is set: a file named `.gz` is handed to everybody byte for byte, also to clients that would
 * silently unpack it, and then miss the announced hash.
 */
export function blobFiles(service: BlobServiceClient): Files {
  const containers = new Map<string, Promise<unknown>>();
  const blob = (path: FilePath): BlockBlobClient =>
    service.getContainerClient(path.container).getBlockBlobClient(path.name);

  const ensureContainer = async (name: string): Promise<void> => {
    let created = containers.get(name);
    if (created === undefined) {
      created = service.getContainerClient(name).createIfNotExists();
      containers.set(name, created);
      created.catch(() => containers.delete(name));
    }
    await created;
  };

  return {
    write: async (path, content, contentType) => {
      await ensureContainer(path.container);
      try {
        await blob(path).uploadStream(Readable.from(content), BLOCK_BYTES, BLOCKS_UNDER_WAY, {
          blobHTTPHeaders: { blobContentType: contentType },
          conditions: { ifNoneMatch: "*" },
        });
      } catch (error) {
        // names are never used twice, so what is there already is this very upload, repeated after a lost answer
        if (!isStatus(error, 409)) {
          throw error;
        }
      }
    },

    label: async (path, metadata) => {
      try {
        await blob(path).setMetadata({ ...metadata });
      } catch (error) {
        if (!isStatus(error, 404)) {
          throw error;
        }
      }
    },

    read: async (path) => {
      try {
        const response = await blob(path).download(0, undefined, { maxRetryRequests: 5 });
        const content = response.readableStreamBody as Readable;
        return { bytes: response.contentLength ?? 0, content };
      } catch (error) {
        if (isStatus(error, 404)) {
          return null;
        }
        throw error;
      }
    },

    delete: async (path) => {
      await blob(path).deleteIfExists();
    },

    uri: (path) => blob(path).url,
  };
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof RestError && error.statusCode === status;
}
