import { PassThrough } from "node:stream";

/** Carries items from one loop to another, which takes them at its own pace. */
export interface ItemPipe<Item> {
  /** Waits until there is room. @throws Error when the taker has stopped */
  put(item: Item): Promise<void>;
  end(): void;
  /** Makes the taker fail. */
  fail(error: Error): void;
  /** Iterate once. */
  readonly items: AsyncIterable<Item>;
}

const ITEMS_UNDER_WAY = 2;

export function itemPipe<Item>(): ItemPipe<Item> {
  const stream = new PassThrough({ objectMode: true, highWaterMark: ITEMS_UNDER_WAY });
  // the taker of the items gets the failure; without this listener it would also end the process
  stream.on("error", () => undefined);
  return {
    put: async (item) => {
      if (!stream.destroyed && !stream.write(item)) {
        await roomOrEnd(stream);
      }
      if (stream.destroyed) {
        throw new Error("nobody takes the items any more");
      }
    },
    end: () => void stream.end(),
    fail: (error) => void stream.destroy(error),
    items: stream as AsyncIterable<Item>,
  };
}

function roomOrEnd(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}
