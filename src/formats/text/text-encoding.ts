import { isUtf8 } from "node:buffer";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import type { Charset } from "./charset.ts";
import type { TextEncoding } from "./text-options.ts";

type KnownEncoding = Exclude<TextEncoding, "auto">;

/** A longer piece of input is cut, so that no later stage must hold more at once. */
const PIECE_BYTES = 65_536;

type UnicodeEncoding = Exclude<KnownEncoding, "windows-1252">;

const BYTE_ORDER_MARKS: readonly (readonly [UnicodeEncoding, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];
const LONGEST_MARK = 4;

/**
 * Decodes a file's bytes in pieces of at most 65,536 bytes, without its byte order mark. Invalid bytes are never
 * replaced: the reading ends with an error after the text before them.
 *
 * @throws UnreadableFileError
 */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TextEncoding | Charset,
): AsyncGenerator<string, undefined> {
  const decode = fileDecoder(encoding);
  for await (const chunk of bytes) {
    for (const piece of piecesOf(chunk)) {
      yield* decode(piece, false);
    }
  }
  yield* decode(NOTHING, true);
  return;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Decodes pieces of one file. Keeps a character that is cut at the end of a piece for the next piece. */
function fileDecoder(encoding: Charset): (piece: Buffer, last: boolean) => Generator<string> {
  let start: FileStart | null = null;
  let held = NOTHING;
  let offset = 0;

  return function* decode(piece, last) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    if (start === null) {
      if (held.length < LONGEST_MARK && !last) {
        return;
      }
      start = startOf(held, encoding);
      offset = start.markBytes;
      held = held.subarray(offset);
    }
    const { text, taken, broken } = start.decoder(held, last);
    if (text !== "") {
      yield text;
    }
    if (broken !== null) {
      throw new UnreadableFileError(`${broken} at byte ${offset + taken}`);
    }
    held = held.subarray(taken);
    offset += taken;
  };
}

function* piecesOf(chunk: Uint8Array): Generator<Buffer> {
  const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let from = 0; from < whole.length; from += PIECE_BYTES) {
    yield whole.subarray(from, from + PIECE_BYTES);
  }
}

interface FileStart {
  readonly decoder: Decoder;
  /** Bytes of the byte order mark. */
  readonly markBytes: number;
}

function startOf(first: Buffer, chosen: TextEncoding | Charset): FileStart {
  if (first.length >= 4 && first.readUInt32LE(0) === 0xfe_ff) {
    throw new UnreadableFileError("it is UTF-32 by its byte order mark, which cannot be read");
  }
  const mark = markOf(first);
  if (mark === undefined) {
    return { decoder: decoderOf(chosen === "auto" ? guess(first) : chosen), markBytes: 0 };
  }
  const [encoding, bytes] = mark;
  const isUtf16 = chosen === UTF_16 && encoding !== "utf-8";
  if (chosen !== "auto" && chosen !== encoding && !isUtf16) {
    throw new UnreadableFileError(
      `it is ${encoding} by its byte order mark, but the request or the import says ${chosen}`,
    );
  }
  return { decoder: DECODERS[encoding], markBytes: bytes.length };
}

function markOf(first: Uint8Array) {
  return BYTE_ORDER_MARKS.find(([, bytes]) => bytes.every((byte, i) => first[i] === byte));
}

/** The encoding that `auto` chooses for a file. */
export function encodingAtStart(first: Uint8Array): UnicodeEncoding {
  return markOf(first)?.[0] ?? guess(first);
}

/** In every format, text starts with a character below U+0100. UTF-16 writes it with a zero byte, UTF-8 without. */
function guess([first, second]: Uint8Array): UnicodeEncoding {
  if (second === 0 && first !== 0) {
    return "utf-16le";
  }
  return first === 0 && second !== undefined && second !== 0 ? "utf-16be" : "utf-8";
}

/** Decodes the whole characters of the piece. `broken` describes the bytes after them when these are not text. */
type Decoder = (
  piece: Buffer,
  last: boolean,
) => { readonly text: string; readonly taken: number; readonly broken: string | null };

const DECODERS: Readonly<Record<KnownEncoding, Decoder>> = {
  "utf-8": utf8,
  "utf-16le": (piece, last) => utf16(piece, last, "utf-16le"),
  "utf-16be": (piece, last) => utf16(piece, last, "utf-16be"),
  "windows-1252": (piece) => ({
    text: WINDOWS_1252.decode(piece),
    taken: piece.length,
    broken: null,
  }),
};
const WINDOWS_1252 = new TextDecoder("windows-1252");

const UTF_16: Charset = "utf-16";

function decoderOf(charset: Charset): Decoder {
  if (charset === UTF_16) {
    return DECODERS["utf-16le"];
  }
  return isKnown(charset) ? DECODERS[charset] : otherDecoder(charset);
}

function isKnown(charset: Charset): charset is KnownEncoding {
  return Object.hasOwn(DECODERS, charset);
}

/** Decoder for any other charset: it keeps a cut character itself. */
function otherDecoder(charset: Charset): Decoder {
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  return (piece, last) => {
    try {
      const text = decoder.decode(piece, { stream: !last });
      return { text, taken: piece.length, broken: null };
    } catch {
      return { text: "", taken: 0, broken: `it is not ${charset}, in what begins` };
    }
  };
}

function utf8(piece: Buffer, last: boolean): ReturnType<Decoder> {
  const whole = last ? piece : piece.subarray(0, wholeCharacters(piece));
  if (isUtf8(whole)) {
    return { text: whole.toString("utf8"), taken: whole.length, broken: null };
  }
  const valid = validLength(whole);
  return {
    text: whole.toString("utf8", 0, valid),
    taken: valid,
    broken:
      "it is not UTF-8 (if it is in another charset, name that in the request's Content-Type or as the import's encoding)",
  };
}

/** Length of the piece without a character that is cut at its end. */
function wholeCharacters(piece: Buffer): number {
  const { length } = piece;
  const earliest = Math.max(0, length - 3);
  let lead = length - 1;
  while (lead > earliest && isContinuation(piece[lead] as number)) {
    lead -= 1;
  }
  return lead >= 0 && lead + characterBytes(piece[lead] as number) > length ? lead : length;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

/** Bytes of the character that starts with this byte; 1 if no character does. */
function characterBytes(lead: number): number {
  if (lead < 0xc0) {
    return 1;
  }
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/** Binary search: a prefix is valid if it holds no invalid byte. A character cut at the end is fine. */
function validLength(piece: Buffer): number {
  let valid = 0;
  let invalid = piece.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const whole = wholeCharacters(piece.subarray(0, middle));
    if (isUtf8(piece.subarray(0, whole))) {
      valid = middle;
    } else {
      invalid = middle;
    }
  }
  return wholeCharacters(piece.subarray(0, valid));
}

function utf16(
  piece: Buffer,
  last: boolean,
  encoding: "utf-16le" | "utf-16be",
): ReturnType<Decoder> {
  const even = piece.subarray(0, piece.length & ~1);
  const littleEndian = encoding === "utf-16le" ? even : Buffer.from(even).swap16();
  const text = littleEndian.toString("utf16le");
  const cut = !last && isHighSurrogate(text.charCodeAt(text.length - 1));
  const whole = cut ? text.slice(0, -1) : text;
  if (!whole.isWellFormed()) {
    const valid = whole
      .toWellFormed()
      .split("")
      .findIndex((unit, i) => unit !== whole[i]);
    return {
      text: whole.slice(0, valid),
      taken: 2 * valid,
      broken: `it is not ${encoding}: half a character stands`,
    };
  }
  const odd = last && even.length < piece.length;
  return {
    text: whole,
    taken: 2 * whole.length,
    broken: odd ? `it is not ${encoding}: it ends with half a character` : null,
  };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
