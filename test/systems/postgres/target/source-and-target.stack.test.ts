import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeReadPools } from "../../../../src/systems/postgres/source/read-session.ts";
import { readAll } from "../../read-all.ts";
import { sourceAt } from "../source/database.ts";
import { aRequest, type Database, startDatabase, writeAll } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query("set timezone = 'UTC'");
});
afterAll(async () => {
  await closeReadPools();
  await database.stop();
});

const TYPES = [
  ...["smallint", "integer", "bigint", "numeric", "numeric(20,4)", "real", "float8", "boolean"],
  ...["date", "time", "time(3)", "timetz", "timestamp", "timestamp(3)", "timestamptz", "interval"],
  ...["text", "varchar(4)", "char(4)", "uuid", "bytea", "jsonb", "tsrange"],
  ...["integer[]", "numeric(8,2)[]", "real[]", "text[]", "timestamp[]", "date[]", "float8[][]"],
];
const NAMES = TYPES.map((_, index) => `c${index}`);

/** PostgreSQL makes the values itself, so that it can hold each of them. */
const VALUES: readonly (readonly string[])[] = [
  ...[
    ["-32768", "0", "32767"],
    ["-2147483648", "7"],
    ["9223372036854775807", "-1"],
  ],
  ...[
    ["1.50", "-0.000000000000000000001", "1e30"],
    ["1.2345", "-9999999999999999.9999"],
  ],
  ...[["0.1", "3.4028235e38", "1e-45", "NaN", "-Infinity", "16777216"]],
  ...[["0.1", "1.7976931348623157e308", "5e-324", "Infinity", "0.30000000000000004"]],
  ...[
    ["true", "false"],
    ["0001-01-01", "9999-12-31", "2024-02-29"],
  ],
  ...[["00:00", "23:59:59.999999"], ["10:00:00.123"], ["10:00:00.5+02", "23:59:59.999999-13:30"]],
  ...[["0001-01-01 00:00", "9999-12-31 23:59:59.999999"], ["2024-02-29 10:00:00.123"]],
  ...[["0001-01-01 00:00+00", "2024-03-31 02:30:00.1+02"], ["1 year 2 mons -3 days 04:05:06.7"]],
  ...[
    ["", " x ", "\u{1F69A}\n\t\\"],
    ["abcd", "", "a  "],
    ["ab", "abcd"],
  ],
  ...[
    ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    ["\\x00ff", "\\x"],
    ['{"a": [1.50, null]}', "null"],
  ],
  ...[["[2024-01-01,2024-02-01 10:00:00.123456)", "empty"], ["{}", "{1,NULL,-3}"], ["{1.50,NULL}"]],
  ...[["{0.1,NaN}"], ['{"a,b","","NULL",NULL}'], ['{"2024-02-29 10:00:00.5"}'], ["{2024-02-29}"]],
  [["{{0.1,2},{3,1e300}}"]].flat(),
];

test("what a source of ours exports, a target of ours takes back as it was", async () => {
  const columns = TYPES.map((type, index) => `${NAMES[index]} ${type}`).join(", ");
  await database.admin.query(`
    create table original (id int primary key, ${columns});
    create table copy (like original including all)`);
  const row = fc.tuple(...VALUES.map((values) => fc.constantFrom(null, ...values)));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      await database.admin.query("truncate original, copy");
      for (const [id, cells] of rows.entries()) {
        const places = cells.map((_, index) => `$${index + 2}`).join(", ");
        await database.admin.query(`insert into original values ($1, ${places})`, [id, ...cells]);
      }
      const source = sourceAt(database.server.connectionString, {
        table: "public.original",
        incremental: { by: "none" },
      });

      const { read, rows: exported } = await readAll(source);
      const names = read.columns.map(({ name, type }) => `${name}:${type}`).join(" ");
      const failures = await writeAll(
        database.target({ table: "public.copy" }),
        aRequest(names),
        exported,
      );

      expect(failures).toEqual([]);
      const all = (table: string) => database.rows(`select * from ${table} order by id`);
      expect(await all("copy")).toEqual(await all("original"));
    }),
    { numRuns: 30 },
  );
});

const NUMBERS = ["1", "-1.5", "1e5", ".25", "99999.99999", "1e40", "NaN", "Infinity", "x"];
const TIMES = [
  ...[
    "2024-02-29",
    "2024-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59.9999999",
    "0001-01-01T00:00+14:00",
  ],
  ...[
    "9999-12-31T23:59:59-01:00",
    "2024-02-29 10:00:00.123+0230",
    "10:00:00.5",
    "24:00",
    "infinity",
  ],
];

test("whatever a target of ours takes, a source of ours can export", async () => {
  const types = TYPES.filter((type) => !/uuid|bytea|jsonb|boolean|\[/.test(type));
  await database.admin.query(
    `create table taken (id serial, ${types.map((type, index) => `c${index} ${type}`).join(", ")})`,
  );
  const cell = fc.constantFrom(...NUMBERS, ...TIMES, undefined);
  const round = fc.constantFrom(undefined, "down" as const, "half-up" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: types.length - 1 }),
      fc.array(cell, { minLength: 1, maxLength: 30 }),
      round,
      async (...[index, cells, how]) => {
        await database.admin.query("truncate taken");
        const request = aRequest(`id:integer c${index}`);
        const columns = request.columns.map((column) =>
          how === undefined ? column : { ...column, round: how },
        );
        const rows = cells.map((value, id) => [String(id), value]);

        const failures = await writeAll(
          database.target({ table: "public.taken", mode: "insert" }),
          { ...request, columns },
          rows,
        );
        const source = sourceAt(database.server.connectionString, {
          table: "public.taken",
          incremental: { by: "none" },
        });

        expect((await readAll(source)).rows).toHaveLength(rows.length - failures.length);
      },
    ),
    { numRuns: 100 },
  );
});
