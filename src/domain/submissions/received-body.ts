import { createHash } from "node:crypto";
import { AppError } from "../errors.ts";
import { isZip } from "../packages/is-zip.ts";
import { limitedBytes } from "../values/limited-bytes.ts";

/** Facts about a body after its end. */
export interface ReceivedBody {
  /** Iterate once. It throws the problem of the body, so that a store keeps nothing of it. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Call it only after the end of `content`. */
  result(): { bytes: number; sha256: string };
}

const MAGIC_BYTES = 4;

/**
 * Counts, hashes and checks a body on its way, without holding it in memory.
 *
 * The first bytes decide whether it is a data package; the request's own words do not count.
 *
 * @throws AppError, from `content`: `file-empty`, `file-too-large`, `content-wrong`
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

/** Holds the first bytes back until they show the kind of the file. */
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

/** The refusal of a file with more bytes than its connector accepts. */
export function tooLarge(maxBytes: number): AppError {
  return new AppError(
    "file-too-large",
    `Cannot take the file: it has more than the ${maxBytes} bytes that this connector takes`,
  );
}

function requireContent(start: Buffer, content: "file" | "package"): void {
  if (start.length === 0) {
    throw new AppError("file-empty", "Cannot take the file: it is empty");
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
