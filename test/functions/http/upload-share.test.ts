import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type EnterUpload,
  makeUploadShare,
  withRoom,
} from "../../../src/functions/http/upload-share.ts";

const LIMITS = { perInstance: 3, perApplication: 2, waitMs: 30_000 };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Whether the file got room by now, and what gives it back. */
function entering(enter: EnterUpload, applicationId: string) {
  const state: { isIn: boolean; code: string | null; leave: () => void } = {
    isIn: false,
    code: null,
    leave: () => undefined,
  };
  enter(applicationId).then(
    (leave) => {
      state.isIn = true;
      state.leave = leave;
    },
    (error: { code: string }) => {
      state.code = error.code;
    },
  );
  return state;
}

test("an application takes in its share at once, and the next of its files waits for one to end", async () => {
  const enter = makeUploadShare(LIMITS);
  const own = [entering(enter, "a"), entering(enter, "a"), entering(enter, "a")];
  const other = entering(enter, "b");
  await vi.advanceTimersByTimeAsync(1);

  expect(own.map(({ isIn }) => isIn)).toEqual([true, true, false]);
  expect(other.isIn).toBe(true);

  own[0]?.leave();
  await vi.advanceTimersByTimeAsync(1);

  expect(own[2]?.isIn).toBe(true);
});

test("a file that waited for long is refused: for its application's share, or for the instance's", async () => {
  const enter = makeUploadShare(LIMITS);
  const own = [entering(enter, "a"), entering(enter, "a"), entering(enter, "a")];
  await vi.advanceTimersByTimeAsync(30_000);
  expect(own[2]).toMatchObject({ isIn: false, code: "rate-exceeded" });

  entering(enter, "b");
  const other = entering(enter, "c");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(other).toMatchObject({ isIn: false, code: "server-busy" });

  own[0]?.leave();
  own[1]?.leave();
  const next = [entering(enter, "a"), entering(enter, "c"), entering(enter, "c")];
  await vi.advanceTimersByTimeAsync(1);
  expect(next.map(({ isIn }) => isIn)).toEqual([true, true, false]);
});

test("a body is unread until there is room for it, and gives the room back however it ends", async () => {
  const enter = makeUploadShare({ ...LIMITS, perApplication: 1 });
  const read: string[] = [];
  async function* body(name: string): AsyncGenerator<Uint8Array> {
    read.push(name);
    yield Buffer.from(name);
    if (name === "first") {
      throw new Error("the client has gone");
    }
  }
  const take = async (name: string): Promise<void> => {
    for await (const _ of withRoom(() => enter("a"), body(name))) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  };
  const first = take("first").catch((error: Error) => error.message);
  const second = take("second");
  await vi.advanceTimersByTimeAsync(500);
  expect(read).toEqual(["first"]);

  await vi.advanceTimersByTimeAsync(5_000);

  expect(await first).toBe("the client has gone");
  await second;
  expect(read).toEqual(["first", "second"]);
});

test("a body that is refused is begun and thrown away, so that its connection can go on", async () => {
  const enter = makeUploadShare({ ...LIMITS, perApplication: 1 });
  entering(enter, "a");
  let isClosed = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from("x");
    } finally {
      isClosed = true;
    }
  }
  const refused = withRoom(() => enter("a"), body())
    .next()
    .catch((error: { code: string }) => error.code);

  await vi.advanceTimersByTimeAsync(30_000);

  expect(await refused).toBe("rate-exceeded");
  expect(isClosed).toBe(true);
});
