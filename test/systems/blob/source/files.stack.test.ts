import { gzipSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import { partnerMessage } from "../../../../src/domain/partner-message.ts";
import { useAzurite } from "../../../support/azurite.ts";
import { readAll } from "../../read-all.ts";
import { type Container, makeContainer } from "../container.ts";

const azurite = useAzurite();
let container: Container;

beforeEach(async () => {
  container = await makeContainer(azurite.connectionString);
});

const ALL = { incremental: { by: "none" } };
const PRICES = {
  ...ALL,
  columns: [
    { name: "id", type: "integer" },
    { name: "name" },
    { name: "price", type: "decimal", optional: true },
  ],
};
const NUMBERED = {
  kind: "fixed-width",
  columns: [
    { name: "id", start: 1, length: 2 },
    { name: "name", start: 3, length: 3 },
  ],
};
const CSV = "id,name,price\n1,Ærø,1.50\n2,,\n";
const ROWS = [
  ["1", "Ærø", "1.50"],
  ["2", "", null],
];

const GOOD_FILES: readonly (readonly [string, object, string | Buffer, unknown[]?])[] = [
  ["csv", { kind: "csv" }, CSV, [ROWS[0], ["2", null, null]]],
  [
    "csv in windows-1252",
    { kind: "csv", encoding: "windows-1252" },
    Buffer.from(CSV, "latin1"),
    [ROWS[0], ["2", null, null]],
  ],
  [
    "csv in UTF-16 with a mark",
    { kind: "csv" },
    Buffer.from(`\uFEFF${CSV}`, "utf16le"),
    [ROWS[0], ["2", null, null]],
  ],
  [
    "json",
    { kind: "json", rowsAt: "rows" },
    '{"rows":[{"id":1,"name":"Ærø","price":1.50},{"id":2,"name":"","price":null}]}',
  ],
  [
    "json whose rows leave a field out",
    { kind: "json" },
    '[{"id":1,"name":"Ærø","price":1.50},{"id":2,"name":""}]',
  ],
  [
    "json lines",
    { kind: "jsonl" },
    '{"id":1,"name":"Ærø","price":1.50}\n{"id":2,"name":"","price":null}\n',
  ],
  [
    "xml",
    { kind: "xml" },
    "<r><i><id>1</id><name>Ærø</name><price>1.50</price></i><i><id>2</id><name></name></i></r>",
  ],
  [
    "xml lines",
    { kind: "xml-lines" },
    "<i><id>1</id><name>Ærø</name><price>1.50</price></i>\n<i><id>2</id><name></name></i>\n",
  ],
  [
    "fixed width",
    NUMBERED,
    "1 Ærø\n2    \n",
    [
      ["1", "Ærø", null],
      ["2", null, null],
    ],
  ],
];

test.each(
  GOOD_FILES.map(([what, format, content, rows = ROWS]) => ({ what, format, content, rows })),
)("a file of $what gives its rows, packed or not", async ({ format, content, rows }) => {
  await container.put("a", content);
  await container.put("b", gzipSync(content));

  const { read, rows: found } = await readAll(container.source({ ...PRICES, format }));

  expect(found).toEqual([...rows, ...rows]);
  expect(read.columns).toEqual([
    { name: "id", type: "integer" },
    { name: "name", type: "string" },
    { name: "price", type: "decimal" },
  ]);
});

test("a file that says it is gzip by its Content-Encoding is read like any other", async () => {
  await container.put("a", gzipSync("id\n1\n"), {
    blobHTTPHeaders: { blobContentEncoding: "gzip", blobContentType: "text/csv" },
  });

  expect((await readAll(container.source(ALL))).rows).toEqual([["1"]]);
});

test("a file of many ranges is fetched range by range, as fast as its rows are taken", async () => {
  const line = `1${" ".repeat(999)}\n`;
  await container.put("a", `id\n${line.repeat(12_000)}`);
  const read = await container.source(ALL).read({
    cursor: null,
    mode: "full",
    signal: new AbortController().signal,
  });
  let rows = 0;
  for await (const batch of read.batches) {
    expect(batch.length).toBeLessThanOrEqual(1_100);
    rows += batch.length;
  }

  expect(rows).toBe(12_000);
});

test("names of any length and with any character lead to their files", async () => {
  const names = [
    "a b/ø#?%41&=+,.csv",
    "a b/ø#?A&=+,.csv",
    "%2e%2e/x.csv",
    "..x/..csv",
    "日本/😊'\".csv",
    "n".repeat(1_024),
  ].sort();
  for (const [index, name] of names.entries()) {
    await container.put(name, `id\n${index}\n`);
  }
  for (const [index, name] of names.entries()) {
    expect([name, (await readAll(container.source({ ...ALL, blob: name }))).rows]).toEqual([
      name,
      [[String(index)]],
    ]);
  }

  const { rows } = await readAll(container.source(ALL));
  expect(rows.map(([id]) => Number(id)).sort()).toEqual(names.map((_, index) => index));
});

test("a file whose name leads elsewhere is refused", async () => {
  await container.put("in\\..\\b.csv", "id\n1\n");
  await container.put("b.csv", "id\n2\n");

  await expect(readAll(container.source({ ...ALL, prefix: "in/" }))).rejects.toMatchObject({
    code: "source-invalid",
    message: `Cannot read file "in/../b.csv" of container "${container.name}": no address leads to its name`,
  });
});

test("5,000 files are listed in pages and read", async () => {
  const names = Array.from({ length: 5_001 }, (_, index) => `in/${index}.csv`);
  for (let from = 0; from < names.length; from += 100) {
    await Promise.all(names.slice(from, from + 100).map((name) => container.put(name, "")));
  }
  await container.put("in/9999.csv", "id\n7\n");
  const source = container.source({ ...ALL, whenEmpty: "skip" });

  expect((await readAll(source)).rows).toEqual([["7"]]);
  await expect(
    readAll(container.source({ ...ALL, whenEmpty: "skip", maxFiles: 5_001 })),
  ).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("there are more than 5001 files to read"),
  });
}, 120_000);

test("a prefix under which there is nothing has no rows", async () => {
  await container.put("in/a.csv", "id\n1\n");

  expect((await readAll(container.source({ ...ALL, prefix: "out/" }))).rows).toEqual([]);
});

test("a suffix leaves other files alone, and folders are none", async () => {
  await container.put("a.csv", "id\n1\n");
  await container.put("a.csv.tmp", "half");
  await container.put("folder.csv", "", { metadata: { hdi_isfolder: "true" } });

  expect((await readAll(container.source({ ...ALL, suffix: ".csv" }))).rows).toEqual([["1"]]);
});

test("a header alone is a file without rows", async () => {
  await container.put("a.csv", "id\n");

  expect((await readAll(container.source(ALL))).rows).toEqual([]);
});

test("a file of no bytes is refused, or skipped where the definition says so", async () => {
  await container.put("a.csv", "");
  await container.put("b.csv", "id\n1\n");

  await expect(readAll(container.source(ALL))).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringMatching(
      /^Cannot read file "a.csv" of container ".*": it has no bytes; /,
    ),
  });
  expect((await readAll(container.source({ ...ALL, whenEmpty: "skip" }))).rows).toEqual([["1"]]);
});

const BAD_FILES: readonly (readonly [string, string | Buffer, string, string, object?])[] = [
  [
    "a row with too many values",
    "id\n1\n2,3\n",
    "source-invalid",
    "row 2: has 2 values, but the file has 1 column",
  ],
  [
    "a value of another type",
    "id\n1\nx\n",
    "conversion-failed",
    'row 2, field "id": "x" is not a valid integer: expected ',
  ],
  [
    "another header",
    "no,name\n1,a\n",
    "source-invalid",
    'it lacks the column(s) "id"; it has "no", "name"',
  ],
  [
    "rows that never name the column",
    '{"no":1}\n',
    "source-invalid",
    'it lacks the column(s) "id"; it has "no"',
    { format: { kind: "jsonl" } },
  ],
  [
    "a mark that says otherwise",
    Buffer.from("\uFEFFid\n1\n", "utf16le"),
    "source-invalid",
    "",
    { format: { kind: "csv", encoding: "utf-8" } },
  ],
  ["bytes that are not UTF-8", Buffer.from("id\n1\n\xe6\n", "latin1"), "source-invalid", ""],
  [
    "gzip that is cut off",
    gzipSync("id\n1\n".repeat(1_000)).subarray(0, 20),
    "source-invalid",
    "its gzip data is damaged or cut off",
  ],
  [
    "no gzip where it must be",
    "id\n1\n",
    "source-invalid",
    "its gzip data is damaged",
    { decompression: "gzip" },
  ],
  ["a document that is not JSON", "<html>", "source-invalid", "", { format: { kind: "json" } }],
];

test.each(
  BAD_FILES.map(([what, content, code, because, members = {}]) => ({
    what,
    content,
    code,
    because,
    members,
  })),
)(
  "a file with $what ends the read, and the message says where",
  async ({ content, code, because, members }) => {
    await container.put("in/good.csv", "id\n1\n");
    await container.put("in/~bad.csv", content);
    const source = container.source({ ...ALL, ...members, blob: "in/~bad.csv" });

    const failure = await readAll(source).catch((error) => error);

    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(
      `Cannot read file "in/~bad.csv" of container "${container.name}": ${because}`,
    );
    expect(partnerMessage(failure)).not.toMatch(new RegExp(`${container.name}|bad.csv`));
  },
);
