import { z } from "zod";
import { CannotGoOn, parsePlace } from "../../../domain/source.ts";
import type { BlobFile } from "./list-files.ts";

/** What a read leaves for the next one, as the JSON text that travels as `nextCursor`. */
const CursorText = z.strictObject({
  v: z.literal(1),
  /** Digest of the files' address. */
  of: z.string(),
  /** Every file that was changed by then has been read; null where the definition does not ask for changes. */
  to: z.int().nullable(),
});

export function formatBlobCursor(of: string, to: number | null): string {
  return JSON.stringify({ v: 1, of, to } satisfies z.infer<typeof CursorText>);
}

/** @returns how far the last read went, or why its cursor says nothing any more */
export function parseBlobCursor(
  text: string,
  of: string,
): { readonly to: number } | { readonly because: string } {
  const parsed = CursorText.safeParse(jsonOrNull(text));
  if (!parsed.success) {
    return { because: "the cursor is of another version or damaged" };
  }
  if (parsed.data.of !== of) {
    return { because: "the files, or the account of their connection, are others now" };
  }
  return parsed.data.to === null
    ? { because: "the last read did not look for changes" }
    : { to: parsed.data.to };
}

/** What a read that goes on needs to know of those before it: between two files. */
export interface BlobPlace {
  /** End of the window, which stays that of the first read. */
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

/** @throws CannotGoOn when it is of another version or of other files */
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
