import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import type { Cell } from "../../../../src/formats/rows.ts";
import { COLUMNS, givenFile } from "../../../support/given-file.ts";
import {
  BEFORE,
  DEFAULT,
  expectLossless,
  importGivenFile,
  type Table,
} from "../../../support/lossless-import.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  const columns = COLUMNS.map((name) => `${name} text default '${DEFAULT}'`);
  await database.admin.query(`create table items (no text primary key, ${columns.join(", ")})`);
});
afterAll(() => database.stop());

test("whatever a file mentions, in any format and mode, every other cell of the table is as before", async () => {
  await fc.assert(
    fc.asyncProperty(givenFile, async (file) => {
      const table = "public.items";
      await fill();

      const result = await importGivenFile(file, database.target({ table, mode: file.mode }), {
        kind: "postgres",
        connection: "shop",
        table,
      });

      expectLossless(file, result, await tableNow());
    }),
    { numRuns: 250, interruptAfterTimeLimit: 90_000 },
  );
}, 120_000);

async function fill(): Promise<void> {
  const values = Object.entries(BEFORE).map(
    ([no, row]) => `('${no}', ${COLUMNS.map((name) => literal(row[name])).join(", ")})`,
  );
  await database.admin.query(`truncate items; insert into items values ${values.join(", ")}`);
}

function literal(cell: Cell): string {
  return cell === null ? "null" : `'${cell}'`;
}

async function tableNow(): Promise<Table> {
  const rows = await database.rows("select no, a, b, c from items");
  return Object.fromEntries(
    rows.map(([no, a = null, b = null, c = null]) => [String(no), { a, b, c }]),
  );
}
