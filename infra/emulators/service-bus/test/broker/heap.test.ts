import fc from "fast-check";
import { expect, test } from "vitest";
import { createHeap, heapFirst, heapPop, heapPush, heapRetain } from "../../src/broker/heap.ts";

function drained(heap: ReturnType<typeof createHeap<number>>): number[] {
  const out: number[] = [];
  for (let first = heapFirst(heap); first !== undefined; first = heapFirst(heap)) {
    out.push(first);
    heapPop(heap);
  }
  return out;
}

test("heapPop gives the items in order, whatever order they came in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (items) => {
      const heap = createHeap<number>((left, right) => left < right);
      for (const item of items) {
        heapPush(heap, item);
      }
      expect(drained(heap)).toEqual([...items].sort((left, right) => left - right));
    }),
  );
});

test("heapRetain drops the others and keeps the order", () => {
  const heap = createHeap<number>((left, right) => left < right);
  for (const item of [5, 2, 4, 1, 3]) {
    heapPush(heap, item);
  }

  heapRetain(heap, (item) => item % 2 === 1);

  expect(drained(heap)).toEqual([1, 3, 5]);
});
