import { z } from "zod";
import { shortDigest } from "../../../domain/values/digest.ts";
import type { HttpJsonDefinition } from "./definition.ts";
import type { KeptRows } from "./returned-rows.ts";

/** The cursor that a read leaves for the next one, as the JSON text `nextCursor`. */
const CursorText = z.strictObject({
  v: z.literal(1),
  of: z.string(),
  newest: z.int().nullable(),
  digests: z.string(),
});

/** @param of digest, see {@link sourceDigest} */
export function formatHttpCursor(of: string, { newest, digests }: KeptRows): string {
  const text: z.input<typeof CursorText> = { v: 1, of, newest, digests };
  return JSON.stringify(text);
}

/**
 * @param of digest of the present definition, see {@link sourceDigest}
 * @returns rows that the last read kept, or why its cursor is not valid any more
 */
export function parseHttpCursor(text: string, of: string): KeptRows | { readonly because: string } {
  const parsed = CursorText.safeParse(jsonOrNull(text));
  if (!parsed.success) {
    return { because: "the cursor is of another version or damaged" };
  }
  return parsed.data.of === of
    ? { newest: parsed.data.newest, digests: parsed.data.digests }
    : { because: "the definition of the source, or the address of its connection, has changed" };
}

/** Changes with everything that decides which rows and columns are read. */
export function sourceDigest(definition: HttpJsonDefinition, base: URL): string {
  const { path, query, rowsAt, incremental } = definition;
  const columns = definition.columns.map(({ name, at, type }) => ({ name, at, type }));
  const way = incremental.by === "none" ? null : [incremental.column, incremental.filter];
  return shortDigest([base.href, path, query, rowsAt, columns, way]);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
