/**
 * Runs work on each item, one after the other. A failure does not stop the others.
 *
 * @returns the sum of the results
 * @throws the first failure, after the work on every item
 */
export async function everyTurn<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  turn: (item: Item) => Promise<number>,
): Promise<number> {
  let first: { failure: unknown } | null = null;
  let sum = 0;
  for await (const item of items) {
    try {
      sum += await turn(item);
    } catch (error) {
      first ??= { failure: error };
    }
  }
  if (first !== null) {
    throw first.failure;
  }
  return sum;
}

/** The same items, beginning at a random one. If time runs out, the items at the end come earlier another time. */
export function startingAnywhere<Item>(items: readonly Item[], random: string): Item[] {
  const start = Number.parseInt(random.slice(0, 8), 16) % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
