import type { z } from "zod";

/** Adds an issue to a schema's result for each name that stands twice. */
export function refuseTwice(
  names: readonly string[],
  path: readonly string[],
  context: z.core.$RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) {
      context.addIssue({
        code: "custom",
        path: [...path, index],
        message: `must not use the name "${name}" twice`,
      });
    }
    seen.add(name);
  }
}
