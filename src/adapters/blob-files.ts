import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type BlobServiceClient, type BlockBlobClient, RestError } from "@azure/storage-blob";
import type { ByteRange, FilePath, Files, ListedFile, Page, PageRequest } from "../domain/ports.ts";
import { blobSigner } from "./blob-signatures.ts";

/** Two blocks under way keep the memory of an upload at 16 MiB; 50,000 blocks make the largest file 390 GiB. */
const BLOCK_BYTES = 8 * 1024 * 1024;
const BLOCKS_UNDER_WAY = 2;
/** What a read holds in memory, and what is fetched again when the connection breaks. */
const RANGE_BYTES = 4 * 1024 * 1024;
const RANGE_ATTEMPTS = 5;
/** Metadata by which a writer knows its own blob again; `label` takes it away. Services differ in the case of names. */
const WRITE_ID = "writeid";

/**
 * Files as block blobs. A blob is visible only when it is whole: its blocks are committed at the end, and an upload
 * that fails leaves nothing to see.
 *
 * No Content-Encoding is set: a file named `.gz` is handed to everybody byte for byte, also to clients that would
 * silently unpack it, and then miss the announced hash.
 */
export function blobFiles(service: BlobServiceClient): Files {
  const containers = new Map<string, Promise<unknown>>();
  const sign = blobSigner(service);
  const blob = (path: FilePath): BlockBlobClient =>
    service.getContainerClient(path.container).getBlockBlobClient(path.name);

  const ensureContainer = async (name: string): Promise<void> => {
    let created = containers.get(name);
    if (created === undefined) {
      created = service.getContainerClient(name).createIfNotExists();
      containers.set(name, created);
    }
    await created;
  };

  return {
    write: async (path, content, contentType) => {
      try {
        await ensureContainer(path.container);
        await upload(blob(path), content, contentType);
      } catch (error) {
        // perhaps the container was deleted: the next attempt looks again
        containers.delete(path.container);
        throw error;
      }
    },

    label: async (path, metadata) => {
      await unlessMissing(blob(path).setMetadata({ ...metadata }));
    },

    read: async (path, range) => {
      const found = await unlessMissing(blob(path).getProperties());
      if (found === null) {
        return null;
      }
      const { contentLength: bytes = 0, etag = "*" } = found;
      const { from, to } = range ?? { from: 0, to: bytes };
      return { bytes, content: parts(blob(path), { from, to: Math.min(to, bytes), etag }) };
    },

    delete: async (path) => {
      await unlessMissing(blob(path).delete());
    },

    list: async (folder, page) => listPage(service, folder, page),

    uri: (path) => blob(path).url,

    writeUrl: async (path, expiresAt) => {
      await ensureContainer(path.container);
      return sign({ path, permissions: "cw", expiresAt });
    },

    readUrl: async (path, { expiresAt, fileName, contentType }) =>
      sign({
        path,
        permissions: "r",
        expiresAt,
        headers: { contentType, contentDisposition: `attachment; filename="${fileName}"` },
      }),
  };
}

/** A container that was never made holds nothing. */
async function listPage(
  service: BlobServiceClient,
  { container, prefix }: { container: string; prefix: string },
  { limit, after }: PageRequest,
): Promise<Page<ListedFile>> {
  const pages = service
    .getContainerClient(container)
    .listBlobsFlat({ prefix })
    .byPage({ maxPageSize: limit, ...(after === null ? {} : { continuationToken: after }) });
  const page = await unlessMissing(pages.next());
  if (page === null || page.done === true) {
    return { items: [], next: null };
  }
  const { segment, continuationToken } = page.value;
  const items = segment.blobItems.map(({ name, properties }) => ({
    path: { container, name },
    changedAt: properties.lastModified,
  }));
  return { items, next: continuationToken || null };
}

/** @throws Error also when the name belongs to another file: names are never used twice */
async function upload(
  blob: BlockBlobClient,
  content: AsyncIterable<Uint8Array>,
  contentType: string,
): Promise<void> {
  const writeId = randomUUID();
  const source = Readable.from(asBuffers(content));
  try {
    await blob.uploadStream(source, BLOCK_BYTES, BLOCKS_UNDER_WAY, {
      blobHTTPHeaders: { blobContentType: contentType },
      conditions: { ifNoneMatch: "*" },
      metadata: { [WRITE_ID]: writeId },
    });
  } catch (error) {
    if (!isAlreadyThere(error)) {
      throw error;
    }
    // the SDK repeats a commit whose answer was lost, and then meets what it committed itself
    const { metadata } = await blob.getProperties();
    if (metadata?.[WRITE_ID] !== writeId) {
      throw new Error(`Cannot store file "${blob.name}": another file has that name`);
    }
  } finally {
    await close(source);
  }
}

/** The SDK asks for bytes, but copies only what is a Buffer. */
async function* asBuffers(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of content) {
    yield Buffer.from(buffer, byteOffset, byteLength);
  }
}

/** Lets go of what the content comes from; the SDK leaves that open when an upload fails. */
async function close(source: Readable): Promise<void> {
  source.destroy();
  if (!source.closed) {
    await new Promise((resolve) => source.once("close", resolve));
  }
}

/**
 * The content in parts, each one request: a reader may take as long as it likes without a connection that waits for
 * it, and one that leaves has nothing to close.
 */
async function* parts(
  blob: BlockBlobClient,
  range: ByteRange & { readonly etag: string },
): AsyncGenerator<Uint8Array> {
  const { from, to, etag } = range;
  for (let at = from; at < to; at += RANGE_BYTES) {
    yield await part(blob, { from: at, bytes: Math.min(RANGE_BYTES, to - at), etag });
  }
}

async function part(
  blob: BlockBlobClient,
  wanted: { from: number; bytes: number; etag: string },
): Promise<Uint8Array> {
  const { from, bytes, etag } = wanted;
  for (let attempt = 1; ; attempt++) {
    try {
      return await blob.downloadToBuffer(from, bytes, {
        blockSize: RANGE_BYTES,
        conditions: { ifMatch: etag },
      });
    } catch (error) {
      // the SDK repeats what the service refuses, but gives up when a body that has begun breaks off
      if (error instanceof RestError || attempt === RANGE_ATTEMPTS) {
        throw error;
      }
    }
  }
}

async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 404) {
      return null;
    }
    throw error;
  }
}

/** Other conflicts, such as a container that is being deleted, have the same status. */
function isAlreadyThere(error: unknown): boolean {
  return (
    error instanceof RestError &&
    (error.code === "BlobAlreadyExists" || error.code === "ConditionNotMet")
  );
}
