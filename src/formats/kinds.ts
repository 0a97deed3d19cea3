import type { z } from "zod";

interface KindSchema {
  readonly shape: { readonly kind: z.ZodLiteral<string> };
}

/** Error text for options of an unknown kind: `must have a kind: "csv", "json" or "package"`. */
export function mustHaveKind(schemas: readonly KindSchema[]): string {
  const kinds = schemas.map(({ shape }) => `"${shape.kind.value}"`);
  return `must have a kind: ${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}`;
}
