import { ReadableStream } from "node:stream/web";
import type { HttpRequest } from "@azure/functions";
import { expect, test, vi } from "vitest";
import { contentLength, isChunked, requestBody } from "../../../src/functions/http/request-body.ts";

interface Source {
  readonly request: HttpRequest;
  /** How many chunks were asked for. */
  readonly asked: () => number;
  readonly cancelled: () => boolean;
}

/** A body that gives chunks until `next` says null (its end) or throws. */
function bodyOf(next: (index: number) => Promise<Uint8Array | null>): Source {
  let index = 0;
  let wasCancelled = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = await next(index++);
        if (chunk === null) {
          controller.close();
        } else {
          controller.enqueue(chunk);
        }
      },
      cancel: () => {
        wasCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    request: { body } as unknown as HttpRequest,
    asked: () => index,
    cancelled: () => wasCancelled,
  };
}

function withHeaders(headers: Record<string, string>): HttpRequest {
  return { headers: new Headers(headers) } as unknown as HttpRequest;
}

const CHUNK = new Uint8Array(1_000_000);

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise(setImmediate);
  }
}

test("gives the whole body, asked for only as fast as it is taken", async () => {
  const { request, asked } = bodyOf(async (index) => (index < 3 ? Uint8Array.of(index) : null));
  const given: number[] = [];
  for await (const chunk of requestBody(request)) {
    given.push(chunk[0] ?? -1);
    expect(asked()).toBe(given.length);
  }

  expect(given).toEqual([0, 1, 2]);
});

test("gives nothing when there is no body", async () => {
  for await (const _ of requestBody({ body: null } as unknown as HttpRequest)) {
    expect.unreachable();
  }
});

test("takes in what is left when only the beginning was taken", async () => {
  const { request, asked, cancelled } = bodyOf(async (index) => (index < 20 ? CHUNK : null));
  for await (const _ of requestBody(request)) {
    break;
  }

  await until(() => asked() === 21);
  expect(cancelled()).toBe(false);
});

test("cuts the connection when too much is left", async () => {
  const { request, asked, cancelled } = bodyOf(async () => CHUNK);
  for await (const _ of requestBody(request)) {
    break;
  }

  await until(cancelled);
  expect(asked()).toBeLessThan(50);
});

test("a client that goes away, or silent, is a file that is incomplete", async () => {
  const gone = bodyOf(async () => {
    throw new Error("aborted");
  });
  await expect(requestBody(gone.request).next()).rejects.toMatchObject({
    code: "file-incomplete",
    message: "Cannot take the file: the connection ended before the body did",
  });

  const silent = bodyOf(async (index) => (index === 0 ? CHUNK : new Promise(() => undefined)));
  const body = requestBody(silent.request, { idleMs: 5 });
  await body.next();
  await expect(body.next()).rejects.toMatchObject({
    code: "body-too-slow",
    message: "Cannot take the file: nothing more of it came for 0.005 s",
  });
  await until(silent.cancelled);
});

test("a client that sends a byte now and then for ever is ended, and cut off", async () => {
  vi.useFakeTimers();
  try {
    const minute = () => new Promise((resolve) => setTimeout(resolve, 60_000));
    const drip = bodyOf(async () => minute().then(() => Uint8Array.of(1)));
    let bytes = 0;
    const taken = (async () => {
      for await (const chunk of requestBody(drip.request)) {
        bytes += chunk.length;
      }
    })();
    const outcome = expect(taken).rejects.toMatchObject({
      code: "body-too-slow",
      message: expect.stringContaining("took too long"),
    });

    await vi.advanceTimersByTimeAsync(12 * 60_000);

    await outcome;
    expect(bytes).toBe(9);
    expect(drip.cancelled()).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test("says whether a body is chunked, and how long it is said to be", () => {
  expect(isChunked(withHeaders({ "transfer-encoding": "gzip, Chunked" }))).toBe(true);
  expect(isChunked(withHeaders({}))).toBe(false);
  expect(contentLength(withHeaders({ "content-length": "12" }))).toBe(12);
  expect(contentLength(withHeaders({}))).toBeNull();
});
