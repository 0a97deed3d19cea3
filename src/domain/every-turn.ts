/**
 * Gives each item its turn, one after the other: one that fails holds up no other.
 *
 * @returns the sum of what the turns came to
 * @throws the first failure, after every item had its turn
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

/** The same items, beginning with any of them: where time runs out, those at the end have their turn another time. */
export function startingAnywhere<Item>(items: readonly Item[], random: string): Item[] {
  const start = Number.parseInt(random.slice(0, 8), 16) % Math.max(1, items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
