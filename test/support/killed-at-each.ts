import { isDeepStrictEqual } from "node:util";

/** Number of lives at the same time: each mostly waits for storage. */
const AT_ONCE = 6;

/** Result of each life whose process dies at one of so many points, in the order of the points. */
export async function* killedAtEach<End>(
  points: number,
  live: (killAt: number) => Promise<End>,
): AsyncGenerator<{ killAt: number; end: End }> {
  for (let from = 1; from <= points; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, points - from + 1);
    const killAts = Array.from({ length }, (_, index) => from + index);
    const ends = await Promise.all(killAts.map((killAt) => live(killAt)));
    yield* ends.map((end, index) => ({ killAt: from + index, end }));
  }
}

/** Whether a life has another end than the expected one, undisturbed (null) or killed at one of so many points. */
export async function endsOtherwise<End>(
  expected: End,
  points: number,
  live: (killAt: number | null) => Promise<End>,
): Promise<boolean> {
  if (!isDeepStrictEqual(await live(null), expected)) {
    return true;
  }
  for await (const { end } of killedAtEach(points, live)) {
    if (!isDeepStrictEqual(end, expected)) {
      return true;
    }
  }
  return false;
}
