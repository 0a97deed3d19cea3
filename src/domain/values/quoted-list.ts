const MAX_NAMES = 50;

/** Writes names for an error message, in quotes and at most fifty: `"a", "b" and 3 more`. */
export function quotedList(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => JSON.stringify(name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
