/**
 * Finds the fields of a file that import columns take. A name matches exactly first; else without regard to case and
 * to blanks (and byte order marks) around it, where only one field and only one wanted name can be meant.
 *
 * @returns the field for each wanted name that has one
 */
export function matchFields(
  wanted: readonly string[],
  fields: readonly string[],
): ReadonlyMap<string, string> {
  const exact = new Set(fields);
  const fieldsByKey = Map.groupBy(fields, looseName);
  const wantedByKey = Map.groupBy(wanted, looseName);
  const matches = new Map<string, string>();
  for (const name of wanted) {
    const key = looseName(name);
    const [alike, another] = fieldsByKey.get(key) ?? [];
    if (exact.has(name)) {
      matches.set(name, name);
    } else if (alike !== undefined && another === undefined && wantedByKey.get(key)?.length === 1) {
      matches.set(name, alike);
    }
  }
  return matches;
}

/** Equal for names that differ in case, in blanks around them, or in how letters with marks are put together. */
export function looseName(name: string): string {
  // a byte order mark counts as a blank here
  return name.normalize("NFC").trim().toLowerCase();
}
