/**
 * Names of the members in which two definitions of one kind differ. Either may come from any version, and need not be
 * an object.
 */
export function changedMembers(before: unknown, after: unknown): string[] {
  const old = membersOf(before);
  const now = membersOf(after);
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
