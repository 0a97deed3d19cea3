/** What is remembered of a sequence: one of its items, and how many came since. */
export interface CircleWatch {
  readonly item: string;
  readonly since: number;
  readonly renewAfter: number;
}

/**
 * Watches whether a sequence whose items follow from each other goes in circles. One item is remembered, each time for
 * twice as long, so that a circle of any length is found, and what is remembered can be kept.
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
