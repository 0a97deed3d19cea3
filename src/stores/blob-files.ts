import { randomUUID } from "node:crypto";
import {
  type BlobServiceClient,
  type BlockBlobClient,
  type BlockBlobUploadOptions,
  RestError,
} from "@azure/storage-blob";
import type { ByteRange, FilePath, ListedFile } from "../domain/files.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Files } from "../domain/ports.ts";
import { assemble, containersOf, isAlreadyThere, stage, WRITE_ID } from "./blob-pieces.ts";
import { blobSigner } from "./blob-signatures.ts";

const MIB = 1024 * 1024;
/**
 * Blocks of one MiB keep the memory of many uploads low. Blocks of large files grow, because a file has at most 50,000.
 * While one block is sent the next one fills.
 */
const MIN_BLOCK_BYTES = MIB;
const MAX_BLOCK_BYTES = 16 * MIB;
const BLOCKS_OF_A_SIZE = 64;
/** Size of one request. Memory holds one range, and a broken connection costs one range. */
const RANGE_BYTES = 4 * MIB;
const RANGE_ATTEMPTS = 5;

/** Time limits of requests. */
export interface FilePatience {
  readonly fileCallMs: number;
  /** Limit for some megabytes. */
  readonly fileTransferMs: number;
}

const PATIENCE: FilePatience = { fileCallMs: 10_000, fileTransferMs: 60_000 };

/**
 * Files as block blobs. A blob becomes visible when its blocks are committed at the end. A failed upload leaves nothing
 * visible.
 *
 * No Content-Encoding is set: every client gets a file named `.gz` byte for byte. Otherwise some clients would silently
 * unpack the file, and its hash would not match the announced one.
 */
export function blobFiles(service: BlobServiceClient, patience: FilePatience = PATIENCE): Files {
  const inTime = () => ({ abortSignal: AbortSignal.timeout(patience.fileCallMs) });
  const sign = blobSigner(service, inTime);
  const blob = (path: FilePath): BlockBlobClient =>
    service.getContainerClient(path.container).getBlockBlobClient(path.name);

  const inContainer = containersOf(service, inTime);
  return {
    write: (path, content, contentType) =>
      inContainer(path, () => upload(blob(path), content, { contentType, patience })),

    stage: (path, piece, content) =>
      inContainer(path, () => stage(blob(path), { piece, content }, patience.fileTransferMs)),

    assemble: (path, file) => inContainer(path, () => assemble(blob(path), file, inTime)),

    label: async (path, metadata) => {
      await unlessMissing(blob(path).setMetadata({ ...metadata }, inTime()));
    },

    read: async (path, range) => {
      const found = await unlessMissing(blob(path).getProperties(inTime()));
      if (found === null) {
        return null;
      }
      const { contentLength: bytes = 0, etag = "*", contentType = null } = found;
      const { from, to } = range ?? { from: 0, to: bytes };
      const part = { from, to: Math.min(to, bytes), etag, ms: patience.fileTransferMs };
      return { bytes, content: parts(blob(path), part), contentType };
    },

    delete: async (path) => {
      await unlessMissing(blob(path).delete(inTime()));
    },

    list: async (folder, page) => listPage(service, folder, { ...page, ...inTime() }),

    uri: (path) => blob(path).url,

    readToken: (container, expiresAt) => sign.container(container, expiresAt),
    writeUrl: async (path, expiresAt) => {
      await inContainer(path, async () => undefined);
      return sign.url({ path, permissions: "cw", expiresAt });
    },

    readUrl: async (path, { expiresAt, fileName, contentType, contentEncoding }) =>
      sign.url({
        path,
        permissions: "r",
        expiresAt,
        headers: {
          contentType,
          contentDisposition: `attachment; filename="${fileName}"`,
          ...(contentEncoding === undefined ? {} : { contentEncoding }),
        },
      }),
  };
}

/** A container that does not exist is empty. */
async function listPage(
  service: BlobServiceClient,
  { container, prefix }: { container: string; prefix: string },
  { limit, after, abortSignal }: PageRequest & { readonly abortSignal: AbortSignal },
): Promise<Page<ListedFile>> {
  const pages = service
    .getContainerClient(container)
    .listBlobsFlat({ prefix, abortSignal })
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

/** @throws Error, among others when the name belongs to another file: names are never reused */
async function upload(
  blob: BlockBlobClient,
  content: AsyncIterable<Uint8Array>,
  { contentType, patience }: { contentType: string; patience: FilePatience },
): Promise<void> {
  const writeId = randomUUID();
  const inTime = () => ({ abortSignal: AbortSignal.timeout(patience.fileTransferMs) });
  try {
    await write(blob, content, {
      inTime,
      blobHTTPHeaders: { blobContentType: contentType },
      conditions: { ifNoneMatch: "*" },
      metadata: { [WRITE_ID]: writeId },
    });
  } catch (error) {
    if (!isAlreadyThere(error)) {
      throw error;
    }
    // the SDK repeats a commit whose answer was lost, and then finds its own result
    const { metadata } = await blob.getProperties(inTime());
    if (metadata?.[WRITE_ID] !== writeId) {
      throw new Error(`Cannot store file "${blob.name}": another file has that name`);
    }
  }
}

interface Writing extends BlockBlobUploadOptions {
  readonly inTime: () => { readonly abortSignal: AbortSignal };
}

/** Writes a small file in one request, any other in blocks. */
async function write(
  blob: BlockBlobClient,
  content: AsyncIterable<Uint8Array>,
  { inTime, ...options }: Writing,
): Promise<void> {
  const prefix = randomUUID();
  const ids: string[] = [];
  let sending: Promise<unknown> = Promise.resolve();
  for await (const { block, isLast } of blocksOf(content)) {
    if (isLast && ids.length === 0) {
      await blob.upload(block, block.length, { ...options, ...inTime() });
      return;
    }
    await sending;
    const id = Buffer.from(`${prefix}:${String(ids.length).padStart(6, "0")}`).toString("base64");
    sending = blob.stageBlock(id, block, block.length, inTime());
    // it is awaited above or below, unless the content fails first
    sending.catch(() => undefined);
    ids.push(id);
  }
  await sending;
  await blob.commitBlockList(ids, { ...options, ...inTime() });
}

async function* blocksOf(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ block: Buffer; isLast: boolean }> {
  let held: Uint8Array[] = [];
  let [bytes, count] = [0, 0];
  for await (const chunk of content) {
    const grown = MIN_BLOCK_BYTES * 2 ** Math.floor(count / BLOCKS_OF_A_SIZE);
    if (bytes > 0 && bytes + chunk.length > Math.min(grown, MAX_BLOCK_BYTES)) {
      yield { block: Buffer.concat(held), isLast: false };
      count += 1;
      [held, bytes] = [[], 0];
    }
    held.push(chunk);
    bytes += chunk.length;
  }
  yield { block: Buffer.concat(held), isLast: true };
}

/**
 * The content in parts, each one request. A slow reader keeps no connection open, and a reader that leaves has nothing
 * to close.
 */
async function* parts(
  blob: BlockBlobClient,
  range: ByteRange & { readonly etag: string; readonly ms: number },
): AsyncGenerator<Uint8Array> {
  const { from, to, etag, ms } = range;
  for (let at = from; at < to; at += RANGE_BYTES) {
    yield await part(blob, { from: at, bytes: Math.min(RANGE_BYTES, to - at), etag, ms });
  }
}

async function part(
  blob: BlockBlobClient,
  wanted: { from: number; bytes: number; etag: string; ms: number },
): Promise<Uint8Array> {
  const { from, bytes, etag, ms } = wanted;
  for (let attempt = 1; ; attempt++) {
    try {
      return await blob.downloadToBuffer(from, bytes, {
        abortSignal: AbortSignal.timeout(ms),
        blockSize: RANGE_BYTES,
        conditions: { ifMatch: etag },
      });
    } catch (error) {
      // the SDK repeats refused requests, but gives up when a body breaks off
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
