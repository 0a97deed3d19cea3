import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRows } from "../../src/formats/read-rows.ts";
import { type RowBatch, rowNumbers } from "../../src/formats/row-sink.ts";
import type { GivenRow, Row } from "../../src/formats/rows.ts";
import { columns } from "./nasty-rows.ts";
import { BROKEN_FILE_KINDS, WRITTEN_AND_READ } from "./option-pairs.ts";
import { chunked, type ImportOptions, importOptions, readFile, repeated } from "./read-file.ts";
import { bytesOf } from "./write-file.ts";

const names = columns.map(({ name }) => name);
/** A JSON document that is a bare string is read from JSON as its text; a null that is left out is not mentioned. */
function asRead({ kind, nulls }: ImportOptions, all: readonly Row[]): readonly GivenRow[] {
  const ofNull = nulls === "omit" ? undefined : null;
  return all.map((row) =>
    row.map((text) => {
      return text === null ? ofNull : kind.startsWith("json") && text === '"text"' ? "text" : text;
    }),
  );
}

test.each(WRITTEN_AND_READ)(
  "what is written with %j is read equal with %j",
  async (written, read, content) => {
    const file = await bytesOf(written, columns, content);

    const result = await readFile(read, file, names);

    expect(result.failures).toEqual([]);
    expect(result.columns).toEqual(names);
    expect(result.rows).toEqual(asRead(written, content));
  },
);

/** Cells for rows of three columns; what XML cannot hold is not among them. */
const cell = fc.option(
  fc.string({
    unit: fc.constantFrom(
      ..."ab,;\"'\n\r\t <>&{}[]:\\/é日😀\u0085\u2028",
      "]]>",
      "NULL",
      "\\n",
      "_x0041_",
    ),
    maxLength: 6,
  }),
);
const someRows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 });
const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const threeColumns = ["a", "Order Date", "__proto__"].map((name) => ({
  name,
  type: "string" as const,
}));

test.each(WRITTEN_AND_READ)(
  "rows written with %j are read equal with %j, in chunks of any length",
  async (written, read) => {
    const threeNames = threeColumns.map(({ name }) => name);
    const options = "columns" in read ? { ...read, columns: threeNames } : read;
    await fc.assert(
      fc.asyncProperty(someRows, lengths, async (expected, chunks) => {
        const file = await bytesOf(written, threeColumns, expected);

        const result = await readFile(options, chunked(file, chunks), threeNames);

        expect(result.rows).toEqual(asRead(written, expected));
      }),
      { numRuns: 60 },
    );
  },
);

/** Pieces that make files which are nearly right. */
const pieces = fc.array(
  fc.constantFrom(
    ..."ab,\"'\n\r {}[]:1\\<>/&;é😀",
    '{"a":1}',
    '"a":',
    "<r>",
    "</r>",
    "<a>x</a>",
    "\r\n",
    '"x"',
    "[{",
  ),
  { maxLength: 30 },
);

test.each(BROKEN_FILE_KINDS)(
  "broken files give the same rows with %j, in chunks of any length",
  async (options) => {
    await fc.assert(
      fc.asyncProperty(pieces, lengths, async (parts, chunks) => {
        const file = Buffer.from(parts.join(""));

        const [atOnce, inChunks] = await Promise.all([
          outcomeOf(options, chunked(file, [file.length])),
          outcomeOf(options, chunked(file, chunks)),
        ]);

        expect(inChunks).toEqual(atOnce);
      }),
      { numRuns: 300 },
    );
  },
);

/** Rows and failures, and the error that ended them. */
async function outcomeOf(
  options: ImportOptions,
  bytes: AsyncIterable<Uint8Array>,
): Promise<unknown> {
  const batches: RowBatch[] = [];
  try {
    const read = await readRows(bytes, { format: importOptions(options), columns: ["a", "b"] });
    for await (const batch of read.batches) {
      batches.push(batch);
    }
    return [...outcomesOf(batches), null];
  } catch (error) {
    // The parser notices some things only at the end of what it was given.
    return [...outcomesOf(batches), String(error).replace(/ \(line [0-9]+\)/, "")];
  }
}

function outcomesOf(batches: readonly RowBatch[]): unknown[] {
  return [
    batches.flatMap((batch) => rowNumbers(batch)),
    batches.flatMap((batch) => batch.rows),
    batches.flatMap((batch) => batch.failures),
  ];
}

const csv = { format: importOptions({ kind: "csv" }) };

describe("readRows", () => {
  test("gives batches that follow one another, each row in one of them", async () => {
    const line = { piece: "1,2\n3\n5,6\n", times: 1_000 };
    const { batches } = await readRows(repeated("a,b\n", line), csv);
    let next = 1;

    for await (const batch of batches) {
      const numbers = [...rowNumbers(batch), ...batch.failures.map(({ row }) => row)];
      expect(numbers.sort((a, b) => a - b)).toEqual(
        Array.from(numbers, (_, index) => next + index),
      );
      expect(batch.firstRow).toBe(next);
      expect(numbers.length).toBeLessThanOrEqual(1_000);
      next += numbers.length;
    }

    expect(next).toBe(3_001);
  });

  test("keeps batches small when rows are long or have many columns", async () => {
    const long = { piece: `{"a":"${"x".repeat(500_000)}"}\n`, times: 20 };
    const wide = { piece: "{}\n".repeat(20_000), times: 1 };
    const declared = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
    const format = importOptions({ kind: "jsonl" });

    const ofLong = await readRows(repeated("", long), { format });
    const ofWide = await readRows(repeated("", wide), { format, columns: declared });

    for await (const { rows: batch } of ofLong.batches) {
      expect(batch.length).toBeLessThanOrEqual(3);
    }
    for await (const { rows: batch } of ofWide.batches) {
      expect(batch.length).toBeLessThanOrEqual(200);
    }
  });

  test("reads on only when a batch is asked for", async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from("a,b\n");
      for (;;) {
        taken += 1;
        yield Buffer.from("1,2\n".repeat(1_000));
      }
    }

    const { batches } = await readRows(endless(), csv);
    await batches.next();
    await batches.next();

    expect(taken).toBeLessThanOrEqual(6);
  });
});

describe("readRows lets go", () => {
  test.each([0, 1])("ends the source when the reader stops after %d batches", async (count) => {
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          yield Buffer.from("a,b\n");
        }
      } finally {
        resolve("ended");
      }
    }
    const { batches } = await readRows(endless(), csv);

    for (let taken = 0; taken < count; taken += 1) {
      await batches.next();
    }
    await batches.return?.();

    expect(await ended).toBe("ended");
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test("throws what the source throws, after the rows before it", async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from("a,b\n1,2\n3,");
      throw new Error("connection lost");
    }
    const { batches } = await readRows(broken(), csv);

    expect(await batches.next()).toMatchObject({ value: { rows: [["1", "2"]] } });
    await expect(batches.next()).rejects.toThrow("connection lost");
  });

  test("reads a file that repeats itself at the length of a chunk", async () => {
    const piece = `"x",1\n${"y,2\n".repeat(16)}`;

    const result = await readFile({ kind: "csv" }, repeated("a,b\n", { piece, times: 50 }));

    const block = [["x", "1"], ...Array.from({ length: 16 }, () => ["y", "2"])];
    expect(result.rows).toEqual(Array.from({ length: 50 }, () => block).flat());
  });
});

test("a failure lets go of the text around its value", async () => {
  const { failures } = await readFile(
    { kind: "csv", maxFieldLength: 300 },
    `a\n${"x".repeat(400)}\n`,
  );

  expect(failures[0]?.value).toBe(`${"x".repeat(200)}...`);
});
