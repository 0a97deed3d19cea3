import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openErrorFile } from "../../../src/domain/imports/error-file.ts";
import type { BadRow } from "../../../src/domain/imports/write-rows.ts";
import type { Files } from "../../../src/domain/ports.ts";
import { RowImportFormat } from "../../../src/formats/index.ts";

const PATH = { container: "import-errors", name: "a/b/0" };
const FORMAT = RowImportFormat.parse({ kind: "csv" });

interface Written {
  content: string;
  contentType: string;
}

function files(write: Files["write"]): { files: Files } {
  return { files: { write } as Files };
}

/** Storage in memory. */
function memory(): { written: Written[]; ports: { files: Files } } {
  const written: Written[] = [];
  const ports = files(async (_, content, contentType) => {
    written.push({ content: await text(content), contentType });
  });
  return { written, ports };
}

function bad(number: number): BadRow {
  const failure = { row: number, value: "x" };
  return {
    number,
    values: [`id${number}`, "x"],
    failures: [
      { ...failure, field: "amount", reason: "is not a valid integer" },
      { ...failure, field: null, reason: "is not wanted" },
    ],
  };
}

/** A row that could not be read, as it stands in the file. */
const unread: BadRow = {
  number: 3,
  values: "too few",
  failures: [{ row: 3, field: null, value: null, reason: "is too short" }],
};

const REQUEST = { path: PATH, format: FORMAT, columns: ["id", "amount"] };

test("writes nothing when there is not a bad row", async () => {
  const { written, ports } = memory();
  const file = openErrorFile(ports, REQUEST);

  expect(await file.end()).toBeNull();
  await file.close();

  expect(written).toEqual([]);
});

test("writes bad rows as they came, with all that is wrong in front", async () => {
  const { written, ports } = memory();
  const file = openErrorFile(ports, REQUEST);
  await file.add([bad(2), unread]);
  await file.add([bad(9)]);

  const result = await file.end();

  expect(result).toEqual({
    path: PATH,
    contentType: "text/csv; charset=utf-8",
    extension: "csv",
    rows: 3,
  });
  expect(written).toEqual([
    {
      contentType: "text/csv; charset=utf-8",
      content:
        "WaybillReason,id,amount\r\n" +
        "row 2: amount is not a valid integer; is not wanted,id2,x\r\n" +
        "row 3: is too short,too few\r\n" +
        "row 9: amount is not a valid integer; is not wanted,id9,x\r\n",
    },
  ]);
});

test("any number of bad rows go through memory a few at a time", async () => {
  let taken = 0;
  const ports = files(async (_, content) => {
    for await (const chunk of content) {
      taken += chunk.length;
    }
  });
  const file = openErrorFile(ports, REQUEST);
  const batch = Array.from({ length: 1_000 }, (_, index) => bad(index));
  for (let index = 0; index < 20; index++) {
    await file.add(batch);
  }

  const whileOpen = taken;
  await file.end();

  expect(whileOpen).toBeGreaterThan(taken / 2);
});

test("fails with what storage says, whether that comes early or late", async () => {
  const broken = files(async (_, content) => {
    for await (const _chunk of content) {
      break;
    }
    throw new Error("storage is full");
  });
  const early = openErrorFile(broken, REQUEST);
  const endless = async () => {
    for (;;) {
      await early.add([bad(1)]);
      await new Promise(setImmediate);
    }
  };
  await expect(endless()).rejects.toThrow("storage is full");

  const late = openErrorFile(
    files(async (_, content) => {
      await text(content);
      throw new Error("storage is full");
    }),
    REQUEST,
  );
  await late.add([bad(1)]);
  await expect(late.end()).rejects.toThrow("storage is full");
});

test("what is given up is never stored", async () => {
  const { written, ports } = memory();
  const file = openErrorFile(ports, REQUEST);
  await file.add([bad(1)]);

  await file.close();

  expect(written).toEqual([]);
});
