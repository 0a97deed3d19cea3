/**
 * Addresses are resolved like paths: such a name would lead to another file, or out of the container. The storage takes
 * a backslash for a slash.
 */
export function hasDotSegment(name: string): boolean {
  return name.split(/[/\\]/).some((segment) => segment === "." || segment === "..");
}
