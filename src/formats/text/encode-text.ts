import type { TextEncoding } from "./text-options.ts";

/** Turns text into bytes that a reader with the same `encoding` reads back; `auto` gives UTF-8. */
export type TextEncoder = (text: string) => Buffer;

const REPLACEMENT = 0x3f;
const WINDOWS_1252: ReadonlyMap<string, number> = new Map(
  [
    ...new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
  ].map((character, byte) => [character, byte]),
);

const ENCODERS: Readonly<Record<TextEncoding, TextEncoder>> = {
  auto: (text) => Buffer.from(text, "utf8"),
  "utf-8": (text) => Buffer.from(text, "utf8"),
  "utf-16le": (text) => Buffer.from(text.toWellFormed(), "utf16le"),
  "utf-16be": (text) => Buffer.from(text.toWellFormed(), "utf16le").swap16(),
  "windows-1252": (text) =>
    Buffer.from(Array.from(text, (character) => WINDOWS_1252.get(character) ?? REPLACEMENT)),
};

/** Finds the encoder. A character outside of windows-1252 becomes a question mark. No byte order mark is written. */
export function textEncoder(encoding: TextEncoding): TextEncoder {
  return ENCODERS[encoding];
}
