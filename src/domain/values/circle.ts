/** Memory of a sequence: one of its items, and the number of later items. */
export interface CircleWatch {
  readonly item: string;
  readonly since: number;
  readonly renewAfter: number;
}

/**
 * Detects whether a sequence goes in circles; each item determines the next. It remembers one item, each time for twice
 * as long. So a circle of any length is found, and the memory is small enough to be stored.
 *
 * @param watch null: the item is the first
 * @returns null when the item has come before
 * @see https://doi.org/10.1007/BF01933190 (Brent's algorithm)
 */
export function watchCircle(watch: CircleWatch | null, item: string): CircleWatch | null {
  if (watch === null) {
    return { item, since: 0, renewAfter: 1 };
  }
  if (watch.item === item) {
    return null;
  }
  const since = watch.since + 1;
  return since === watch.renewAfter
    ? { item, since: 0, renewAfter: 2 * watch.renewAfter }
    : { ...watch, since };
}
