/**
 * Finds the fields of a file that import columns use. A name matches exactly first. Otherwise case and surrounding
 * blanks (and byte order marks) are ignored, if only one field and only one wanted name can be meant.
 *
 * @returns the field of each wanted name that has one
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

/** Equal for names that differ only in case, in surrounding blanks, or in how letters with marks are composed. */
export function looseName(name: string): string {
  // a byte order mark counts as a blank here
  return name.normalize("NFC").trim().toLowerCase();
}
