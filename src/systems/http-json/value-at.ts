/**
 * Finds a value by member names joined with dots. A member whose own name is the whole path comes first
 * (`@odata.nextLink`).
 *
 * @param path `""`: the document itself
 * @returns undefined when a member is missing
 */
export function valueAt(document: unknown, path: string): unknown {
  if (path === "") {
    return document;
  }
  return member(document, path) ?? path.split(".").reduce<unknown>(member, document);
}

/** Whether the document has a value there, or a null there or on the way. */
export function isNamedAt(document: unknown, path: string): boolean {
  if (member(document, path) !== undefined) {
    return true;
  }
  let value = document;
  for (const name of path.split(".")) {
    value = value === null ? null : member(value, name);
  }
  return value !== undefined;
}

/** Own members only: `constructor` and the like are names like any other. */
function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
