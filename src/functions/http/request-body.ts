import type {
  ReadableStream,
  ReadableStreamDefaultReader,
  ReadableStreamReadResult,
} from "node:stream/web";
import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../domain/errors.ts";

/** The rest of a refused body is read up to this size; beyond it, the connection is cut. */
const MAX_DRAINED_BYTES = 32 * 1024 * 1024;

/** A client that sends nothing for so long has gone, or wants to hold the connection. */
const IDLE_MS = 120_000;

/**
 * How long a whole body may take. In that time the largest body by default, 16 MiB, comes over a line of 0.25 Mbit/s. A
 * larger file is for an upload address.
 */
const TOTAL_MS = 600_000;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * The body of a request, read as fast as it is taken; nothing when there is none.
 *
 * A caller may read only the beginning: the rest is thrown away beside the answer. A connection with an unread rest
 * would hang the next request that the platform sends over it. A connection that is cut would lose the answer.
 * Sometimes the answer takes a while, because the stored part of the body is deleted first. Then the rest waits for the
 * answer. Otherwise the platform's limit is soon reached, and the platform answers, without a word.
 *
 * @param options.idleMs how long the client may send nothing
 * @param options.totalMs how long it may take for all of the body
 * @param options.answered when the rest may be thrown away
 * @throws AppError `file-incomplete`, out of the iteration, when the client goes away in the middle; `body-too-slow`
 *   when it goes silent, or sends too slowly
 */
export async function* requestBody(
  request: HttpRequest,
  {
    idleMs = IDLE_MS,
    totalMs = TOTAL_MS,
    answered = Promise.resolve(),
  }: { idleMs?: number; totalMs?: number; answered?: Promise<void> } = {},
): AsyncGenerator<Uint8Array> {
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (reader === undefined) {
    return;
  }
  const endsAtMs = performance.now() + totalMs;
  let hasEnded = false;
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, { idleMs, endsAtMs });
      hasEnded = done;
      if (done) {
        return;
      }
      yield value;
    }
  } catch (error) {
    throw error instanceof SlowClient
      ? new AppError("body-too-slow", `Cannot take the file: ${error.message}`, { cause: error })
      : new AppError(
          "file-incomplete",
          "Cannot take the file: the connection ended before the body did",
          { cause: error },
        );
  } finally {
    if (!hasEnded) {
      answered.then(() => drain(reader, { idleMs, endsAtMs })).catch(() => undefined);
    }
  }
}

class SlowClient extends Error {}

interface Patience {
  readonly idleMs: number;
  /** By the process's own clock, see `performance.now`. */
  readonly endsAtMs: number;
}

/** @throws SlowClient */
async function readInTime(
  reader: Reader,
  { idleMs, endsAtMs }: Patience,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  const leftMs = Math.max(0, endsAtMs - performance.now());
  const because =
    leftMs < idleMs
      ? "its body took too long; send a large file to an upload address instead"
      : `nothing more of it came for ${idleMs / 1_000} s`;
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new SlowClient(because)), Math.min(idleMs, leftMs));
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

async function drain(reader: Reader, patience: Patience): Promise<void> {
  try {
    for (let bytes = 0; bytes <= MAX_DRAINED_BYTES; ) {
      const { done, value } = await readInTime(reader, patience);
      if (done) {
        return;
      }
      bytes += value.length;
    }
  } finally {
    await reader.cancel();
  }
}

/** Whether the body comes in chunks, without a length that is known beforehand. */
export function isChunked(request: HttpRequest): boolean {
  return /\bchunked\b/i.test(request.headers.get("transfer-encoding") ?? "");
}

/** The announced length of the body in bytes; null when there is none. */
export function contentLength(request: HttpRequest): number | null {
  const length = request.headers.get("content-length");
  return length === null ? null : Number(length);
}
