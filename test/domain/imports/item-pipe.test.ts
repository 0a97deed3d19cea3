import { expect, test } from "vitest";
import { itemPipe } from "../../../src/domain/imports/item-pipe.ts";
import { all } from "../../support/stored-things.ts";

test("carries items in order, and ends", async () => {
  const pipe = itemPipe<number>();
  const taken = all(pipe.items);
  for (let item = 0; item < 50; item++) {
    await pipe.put(item);
  }
  pipe.end();

  expect(await taken).toEqual(Array.from({ length: 50 }, (_, item) => item));
});

test("makes who puts wait for who takes", async () => {
  const pipe = itemPipe<number>();
  let put = 0;
  const putting = (async () => {
    for (; put < 100; put++) {
      await pipe.put(put);
    }
    pipe.end();
  })();
  const items = pipe.items[Symbol.asyncIterator]();
  await items.next();
  const putBefore = put;

  for (let taken = 0; taken < 99; taken++) {
    await items.next();
  }
  await putting;

  expect(putBefore).toBeLessThan(20);
});

test("fails who waits for room once nobody takes any more", async () => {
  const pipe = itemPipe<number>();
  const putting = (async () => {
    for (let item = 0; ; item++) {
      await pipe.put(item);
    }
  })();
  for await (const _ of pipe.items) {
    break;
  }

  await expect(putting).rejects.toThrow("nobody takes");
});

test("fails who takes with the reason that was given", async () => {
  const pipe = itemPipe<number>();
  const taken = all(pipe.items);
  await pipe.put(1);

  pipe.fail(new Error("broken"));

  await expect(taken).rejects.toThrow("broken");
  await expect(pipe.put(2)).rejects.toThrow("nobody takes");
});
