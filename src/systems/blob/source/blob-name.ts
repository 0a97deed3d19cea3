/**
 * Addresses are resolved like paths, so such a name would lead to another file or out of the container. The storage
 * reads a backslash as a slash.
 */
export function hasDotSegment(name: string): boolean {
  return name.split(/[/\\]/).some((segment) => segment === "." || segment === "..");
}
