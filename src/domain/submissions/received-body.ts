import { createHash } from "node:crypto";
import { AppError } from "../errors.ts";
import { isZip } from "../packages/is-zip.ts";
import { limitedBytes } from "../values/limited-bytes.ts";

/** What a body turned out to be once it was taken to its end. */
export interface ReceivedBody {
  /** To be iterated once; throws what is wrong with the body, so that a store keeps nothing of it. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Only after the end of `content`. */
  result(): { bytes: number; sha256: string };
}

const MAGIC_BYTES = 4;

/**
 * Counts, hashes and checks a body on its way, holding no more than what passes.
 *
 * Whether it is a data package is told by its first bytes: what a request calls its body says nothing.
 *
 * @throws AppError, out of `content`: `file-empty`, `file-too-large`, `content-wrong`
 */
export function receivedBody(
  body: AsyncIterable<Uint8Array>,
  expected: { content: "file" | "package"; maxBytes: number },
): ReceivedBody {
  const hash = createHash("sha256");
  let bytes = 0;

  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of limitedBytes(expected.maxBytes, body, tooLarge)) {
      bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  }

  return {
    content: withCheckedStart(counted(), expected.content),
    result: () => ({ bytes, sha256: hash.digest("hex") }),
  };
}

/** Holds the first bytes back until there are enough to tell what they begin. */
async function* withCheckedStart(
  chunks: AsyncIterable<Uint8Array>,
  content: "file" | "package",
): AsyncGenerator<Uint8Array> {
  let held: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (held === null) {
      yield chunk;
      continue;
    }
    held = Buffer.concat([held, chunk]);
    if (held.length >= MAGIC_BYTES) {
      requireContent(held, content);
      yield held;
      held = null;
    }
  }
  if (held !== null) {
    requireContent(held, content);
    yield held;
  }
}

/** The refusal of a file with more bytes than its connector takes. */
export function tooLarge(maxBytes: number): AppError {
  return new AppError(
    "file-too-large",
    `Cannot take the file: it has more than the ${maxBytes} bytes that this connector takes`,
  );
}

function requireContent(start: Buffer, content: "file" | "package"): void {
  if (start.length === 0) {
    throw new AppError("file-empty", "Cannot take the file: there is not a byte in it");
  }
  const startsLikeZip = isZip(start);
  if (startsLikeZip !== (content === "package")) {
    throw new AppError(
      "content-wrong",
      startsLikeZip
        ? "Cannot take the file: it is a zip, and this connector takes plain files; unpack it, or use a connector for data packages"
        : "Cannot take the file: it is not a zip, and this connector takes data packages; pack it, or use a connector for files",
    );
  }
}
