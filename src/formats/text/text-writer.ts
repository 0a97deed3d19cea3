import type { FileWriter } from "../format.ts";
import type { Column, Row } from "../rows.ts";

/** Turns rows into the text of one file. */
export interface TextWriter {
  /** Text before the first row; called once, even for a file without rows. */
  start(): string;
  /** The text of these rows; called once per batch, in order. */
  rows(batch: readonly Row[]): string;
  /** Text after the last row; called once. */
  end(): string;
  /** Makes a new writer continue after rows that another writer wrote; needed where rows are separated. */
  goOn?(): void;
}

type WrittenEncoding = "utf-8" | "utf-16le";

/** Makes bytes of a text format's text. A lone surrogate becomes U+FFFD. */
export function writtenAsText<Options extends { readonly kind: string }>(
  textWriter: (columns: readonly Column[], entity: string, options: Options) => TextWriter,
  encodingOf: (options: Options) => WrittenEncoding = () => "utf-8",
): {
  isPacked: false;
  charsetOf: (options: Options) => WrittenEncoding;
  writer: (columns: readonly Column[], entity: string, options: Options) => FileWriter;
} {
  return {
    isPacked: false,
    charsetOf: encodingOf,
    writer: (columns, entity, options) => {
      const text = textWriter(columns, entity, options);
      const encode = encodingOf(options) === "utf-8" ? toUtf8 : toUtf16;
      return {
        start: () => encode(text.start()),
        rows: (batch) => encode(text.rows(batch)),
        end: () => encode(text.end()),
        goOn: () => text.goOn?.(),
      };
    },
  };
}

function toUtf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

function toUtf16(text: string): Buffer {
  return Buffer.from(text.toWellFormed(), "utf16le");
}
