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
  const failures: unknown[] = [];
  let sum = 0;
  for await (const item of items) {
    try {
      sum += await turn(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
  return sum;
}
