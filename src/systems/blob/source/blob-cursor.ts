import { z } from "zod";
import { CannotGoOn, parsePlace } from "../../../domain/source.ts";
import type { BlobFile } from "./list-files.ts";

/** The cursor that a read leaves for the next one, as the JSON text `nextCursor`. */
const CursorText = z.strictObject({
  v: z.literal(1),
  /** Digest of the files' address. */
  of: z.string(),
  /** Every file changed by this time has been read; null where the definition does not ask for changes. */
  to: z.int().nullable(),
});

export function formatBlobCursor(of: string, to: number | null): string {
  return JSON.stringify({ v: 1, of, to } satisfies z.infer<typeof CursorText>);
}

/** @returns how far the last read went, or why its cursor is not valid any more */
export function parseBlobCursor(
  text: string,
  of: string,
): { readonly to: number } | { readonly because: string } {
  const parsed = CursorText.safeParse(jsonOrNull(text));
  if (!parsed.success) {
    return { because: "the cursor is of another version or damaged" };
  }
  if (parsed.data.of !== of) {
    return { because: "the files, or the account of their connection, have changed" };
  }
  return parsed.data.to === null
    ? { because: "the last read did not look for changes" }
    : { to: parsed.data.to };
}

/** Place between two files, where one read stops and another continues. */
export interface BlobPlace {
  /** End of the window. It stays the same as in the first read. */
  readonly to: number | null;
  /** The last file that was read. */
  readonly after: Pick<BlobFile, "changedAt" | "name">;
}

const PlaceText = z.strictObject({
  v: z.literal(1),
  of: z.string(),
  to: z.int().nullable(),
  after: z.strictObject({ changedAt: z.int(), name: z.string() }),
});

export function formatBlobPlace(of: string, { to, after }: BlobPlace): string {
  const { changedAt, name } = after;
  return JSON.stringify({
    v: 1,
    of,
    to,
    after: { changedAt, name },
  } satisfies z.infer<typeof PlaceText>);
}

/** @throws CannotGoOn when another version wrote it, or the files are others */
export function parseBlobPlace(text: string, of: string): BlobPlace {
  const { to, after, ...place } = parsePlace(text, PlaceText, "the files");
  if (place.of !== of) {
    throw new CannotGoOn("Cannot go on with the files: their account is another one now");
  }
  return { to, after };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
