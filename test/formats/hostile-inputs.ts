import { once } from "node:events";
import { crc32, createGzip } from "node:zlib";
import type { RangedFile } from "../../src/domain/packages/ranged-file.ts";
import { readPackage } from "../../src/domain/packages/read-package.ts";
import { decompress } from "../../src/formats/decompression.ts";
import { readRows } from "../../src/formats/read-rows.ts";
import { packageWith, rangedFile } from "../domain/packages/package-file.ts";
import { endRecord, listedHeader, localHeader } from "../support/crafted-zip.ts";
import { type FilePart, lengthOf, virtualFile } from "../support/virtual-file.ts";
import { type ImportOptions, importOptions, repeated } from "./read-file.ts";

const MIB = 2 ** 20;
/** Number of each input, unless fewer are refused. */
const TIMES = 100;

/** One MiB of a text again and again. */
function mib(text: string): string {
  return text.repeat(Math.ceil(MIB / text.length));
}

interface HostileFile {
  readonly options: ImportOptions;
  readonly start?: string;
  readonly piece: string;
  /** How often it comes, 100 times by default; less often where each byte takes its time. */
  readonly times?: number;
  readonly end?: string;
  readonly columns?: readonly string[];
}

const csv: ImportOptions = { kind: "csv" };
const json: ImportOptions = { kind: "json" };
const jsonl: ImportOptions = { kind: "jsonl" };
const xml: ImportOptions = { kind: "xml" };
const thousand = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
const rowsAt: ImportOptions = { kind: "json", rowsAt: "value" };

/** Files of 100 MiB, unless they say less. */
export const HOSTILE_FILES: Readonly<Record<string, HostileFile>> = {
  "csv, a value in quotes of 100 MiB": {
    options: csv,
    start: 'a,b\n1,"',
    piece: mib("x"),
    end: '"\n',
  },
  "csv, a quote that is never closed": { options: csv, start: 'a,b\n1,"', piece: mib("x,y\n") },
  "csv, nothing but quotes": { options: csv, start: "a,b\n", piece: mib('"') },
  "csv, one line": { options: csv, start: "a,b\n", piece: mib("x") },
  "csv, one line of delimiters": { options: csv, start: "a,b\n", piece: mib(",") },
  "csv, a header without an end": { options: csv, piece: mib("a,") },
  "csv, rows that all fail": { options: csv, start: "a,b\n", times: 3, piece: mib("1,2,3\n") },
  "csv, empty lines": { options: csv, start: "a,b\n", times: 10, piece: mib("\n") },
  "csv, rows of one null": { options: csv, start: "a\n", times: 10, piece: mib("\n") },
  "csv, rows of 1,000 nulls": {
    options: csv,
    start: `${thousand.join(",")}\n`,
    times: 30,
    piece: mib(`${",".repeat(999)}\n`),
  },
  "jsonl, one line": { options: jsonl, start: '{"a":"', piece: mib("x"), end: '"}' },
  "jsonl, nothing but backslashes": { options: jsonl, start: '{"a":"', piece: mib("\\") },
  "jsonl, rows of 1,000 nulls": { options: jsonl, times: 1, piece: mib("{}\n"), columns: thousand },
  "jsonl, rows that nest deeply": {
    options: jsonl,
    start: '{"a":1}\n',
    times: 10,
    piece: mib(`{"a":${"[".repeat(500)}\n`),
  },
  "json, a row of 100 MiB": { options: json, start: '[{"a":"', piece: mib("\\\\x"), end: '"}]' },
  "json, deep nesting": { options: json, start: "[", times: 30, piece: mib('{"a":[') },
  "json, a string of 100 MiB beside the rows": {
    options: rowsAt,
    start: '{"x":"',
    piece: mib("x"),
    end: '","value":[]}',
  },
  "json, deep nesting beside the rows": {
    options: rowsAt,
    start: '{"x":',
    times: 30,
    piece: mib("["),
  },
  "json, a name of 100 MiB": { options: rowsAt, start: '{"', piece: mib("x") },
  "json, a number of 100 MiB": { options: json, start: "[", piece: mib("1") },
  "json, blanks": { options: json, piece: mib(" ") },
  "xml, a text of 100 MiB": { options: xml, start: "<rows><r><a>", piece: mib("x") },
  "xml, a text of CDATA": {
    options: xml,
    start: "<rows><r><a>",
    times: 30,
    piece: mib("<![CDATA[x]]>"),
  },
  "xml, an attribute of 100 MiB": { options: xml, start: '<rows a="', piece: mib("x") },
  "xml, attributes": { options: xml, start: "<rows", piece: mib(' a=""') },
  "xml, a comment of 100 MiB": { options: xml, start: "<!--", piece: mib("x") },
  "xml, a DOCTYPE of 100 MiB": {
    options: xml,
    start: "<!DOCTYPE x [",
    piece: mib('<!ENTITY x "y">'),
  },
  "xml, deep nesting": { options: xml, start: "<rows>", piece: mib("<a>") },
  "xml, an entity of 100 MiB": { options: xml, start: "<rows>&", piece: mib("x") },
  "xml-lines, one line": { options: { kind: "xml-lines" }, start: "<r><a>", piece: mib("x") },
  "fixed-width, one line": {
    options: { kind: "fixed-width", columns: [{ name: "a", start: 1, length: 9 }] },
    piece: mib("😀"),
  },
  "csv, UTF-16": { options: csv, start: "a,b\n", piece: mib("\0x") },
};

async function* gzipOf(piece: Buffer): AsyncGenerator<Buffer> {
  const stream = createGzip();
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 2_000; count += 1) {
      if (!stream.write(piece)) {
        await once(stream, "drain");
      }
    }
    stream.end();
  };
  // Who reads it stops early, and the rest is never made.
  fill().catch(() => undefined);
  yield* stream;
}

/** A package that is nothing but a long manifest. */
function longManifest(): RangedFile {
  const name = "Manifest.xml";
  const content: FilePart[] = [
    Buffer.from("<DataManagementPackageManifest>"),
    { repeat: Buffer.from("<x>y</x>"), times: 8_000_000 },
    Buffer.from("</DataManagementPackageManifest>"),
  ];
  const bytes = content.reduce((sum, part) => sum + lengthOf(part), 0);
  const checksum = content.reduce(checksumWith, 0);
  const header = { ...ENTRY, name, crc32: checksum, packedBytes: bytes, bytes };
  const local = localHeader(header);
  const listed = listedHeader(header, { offset: 0 });
  const listStart = local.length + bytes;
  const end = { count: 1, listBytes: listed.length, listStart, comment: Buffer.alloc(0), disk: 0 };
  return virtualFile([local, ...content, listed, endRecord(end)]);
}

function checksumWith(before: number, part: FilePart): number {
  const { repeat, times } = "repeat" in part ? part : { repeat: part, times: 1 };
  let checksum = before;
  for (let count = 0; count < times; count += 1) {
    checksum = crc32(repeat, checksum);
  }
  return checksum;
}

const ENTRY = { flags: 0, method: 0, crc32: 0, packedBytes: 0, bytes: 0, extra: Buffer.alloc(0) };

/** A package whose list is long, and says so of 2,000 entries. */
function longList(): RangedFile {
  const listed = listedHeader({ ...ENTRY, name: "x".repeat(60_000) }, { offset: 0 });
  const list = { repeat: listed, times: 2_000 };
  const end = { count: 2_000, listBytes: lengthOf(list), listStart: 0 };
  return virtualFile([list, endRecord({ ...end, comment: Buffer.alloc(0), disk: 0 })]);
}

/** Inputs of which each makes its own attempt to fill the memory. */
export const HOSTILE_ACTIONS: Readonly<Record<string, () => Promise<string>>> = {
  "gzip, 2 GB of zeros": async () => drained(decompress(gzipOf(Buffer.alloc(MIB)), "auto")),
  "gzip, 2 GB of zeros under a limit of 1 MiB": async () =>
    drained(decompress(gzipOf(Buffer.alloc(MIB)), "auto", { maxBytes: MIB, maxRatio: 5_000 })),
  "package, a file of zeros": async () =>
    packageDrained(rangedFile(packageWith({ content: Buffer.alloc(32 * MIB) }))),
  "package, a manifest of 64 MB": async () => packageDrained(longManifest()),
  "package, 2,000 entries with long names": async () => packageDrained(longList()),
};

/** Reads one of them to its end. @returns what came of it */
export async function outcomeOf(name: string): Promise<string> {
  const file = HOSTILE_FILES[name];
  try {
    return file === undefined
      ? await (HOSTILE_ACTIONS[name] as () => Promise<string>)()
      : await read(file);
  } catch (error) {
    return (error as Error).message;
  }
}

async function read(file: HostileFile): Promise<string> {
  const { options, start = "", piece, times = TIMES, end = "", columns } = file;
  const bytes = repeated(start, { piece, times }, end);
  const { batches } = await readRows(bytes, { format: importOptions(options), columns });
  let rows = 0;
  let failures = 0;
  let reason = "";
  for await (const batch of batches) {
    rows += batch.rows.length;
    failures += batch.failures.length;
    reason ||= batch.failures[0]?.reason ?? "";
  }
  return `${rows} rows, ${failures} failures${reason === "" ? "" : `: ${reason}`}`;
}

async function drained(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
  }
  return `${bytes} bytes`;
}

async function packageDrained(file: RangedFile): Promise<string> {
  const { entities } = await readPackage(file);
  for (const entity of entities) {
    await drained(entity.content());
  }
  return `${entities.length} entities`;
}
