import { expect, test } from "vitest";
import { type CircleWatch, watchCircle } from "../../../src/domain/values/circle.ts";

/** How many items of a sequence are seen before the circle is found; null: it is not. */
function found(items: Iterable<number>): number | null {
  let watch: CircleWatch | null = null;
  let seen = 0;
  for (const item of items) {
    seen += 1;
    watch = watchCircle(watch, String(item));
    if (watch === null) {
      return seen;
    }
  }
  return null;
}

function* sequence(tail: number, circle: number, length: number): Generator<number> {
  for (let at = 0; at < length; at += 1) {
    yield at < tail ? at : tail + ((at - tail) % circle);
  }
}

test("watchCircle finds a circle of any length behind a tail of any length, after at most three times both", () => {
  for (let tail = 0; tail < 40; tail += 1) {
    for (let circle = 1; circle < 40; circle += 1) {
      const seen = found(sequence(tail, circle, 1_000));

      expect(seen, `tail ${tail}, circle ${circle}`).toBeGreaterThan(tail + circle - 1);
      expect(seen, `tail ${tail}, circle ${circle}`).toBeLessThanOrEqual(3 * (tail + circle) + 1);
    }
  }
});

test("watchCircle finds none in what does not repeat", () => {
  expect(found(Array.from({ length: 10_000 }, (_, item) => item))).toBeNull();
});
