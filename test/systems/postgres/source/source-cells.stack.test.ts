import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, sourceAt, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query(`
    create type mood as enum ('sad', 'happy; very');
    create type pair as (a int, b text);
    create domain price as numeric(8,2) not null;
    create domain flags as boolean`);
});
afterAll(() => database.stop());

async function cell(expression: string, more: object = {}): Promise<unknown[]> {
  const { read, rows } = await readAll(
    database.source({ query: `select ${expression} as v`, incremental: { by: "none" }, ...more }),
  );
  return [read.columns[0]?.type, rows[0]?.[0]];
}

test.each([
  ["null::int", "integer", null],
  ["true", "boolean", "true"],
  ["false::flags", "boolean", "false"],
  ["(-32768)::smallint", "integer", "-32768"],
  ["9223372036854775807", "integer", "9223372036854775807"],
  ["4294967295::oid", "integer", "4294967295"],
  ["1.50::numeric", "decimal", "1.50"],
  ["2.50::price", "decimal", "2.50"],
  ["-1e-20::numeric", "decimal", "-0.00000000000000000001"],
  ["1e30::numeric(40,3)", "decimal", "1000000000000000000000000000000.000"],
  [
    "123456789012345678901234567890.123456789",
    "decimal",
    "123456789012345678901234567890.123456789",
  ],
  ["0.1::real", "double", "0.1"],
  ["0.1::float8 + 0.2::float8", "double", "0.30000000000000004"],
  ["1e300::float8", "double", "1e+300"],
  ["'NaN'::float8", "double", "NaN"],
  ["'-infinity'::float4", "double", "-Infinity"],
  ["'-0'::float8", "double", "-0"],
  ["date '2024-02-29'", "date", "2024-02-29"],
  ["date 'infinity'", "date", "9999-12-31"],
  ["date '-infinity'", "date", "0001-01-01"],
  ["time '01:02:03'", "time", "01:02:03"],
  ["time '01:02:03.5'", "time", "01:02:03.500000"],
  ["timetz '01:02:03+02'", "string", "01:02:03+02"],
  ["timestamptz '2024-03-31 02:30:00.123456+02'", "datetime", "2024-03-31T00:30:00.123456Z"],
  ["timestamptz '2024-03-31 02:30:00.1+05:30'", "datetime", "2024-03-30T21:00:00.100000Z"],
  ["timestamptz '2024-03-31 02:30:00Z'", "datetime", "2024-03-31T02:30:00Z"],
  ["timestamptz 'infinity'", "datetime", "9999-12-31T23:59:59.999999Z"],
  ["timestamp '2024-03-31 02:30:00.000001'", "local-datetime", "2024-03-31T02:30:00.000001"],
  ["timestamp '0001-01-01 00:00:00'", "local-datetime", "0001-01-01T00:00:00"],
  ["timestamp '-infinity'", "local-datetime", "0001-01-01T00:00:00"],
  ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
  [`'{"a": 1.0, "a": 2}'::json`, "json", '{"a": 1.0, "a": 2}'],
  [
    `'{"b": 12345678901234567890, "a": null}'::jsonb`,
    "json",
    '{"a": null, "b": 12345678901234567890}',
  ],
  ["'\\x00ff10'::bytea", "binary", "AP8Q"],
  ["''::bytea", "binary", ""],
  ["'it''s \"😀\"\n\t'::text", "string", 'it\'s "😀"\n\t'],
  ["'ab'::char(4)", "string", "ab  "],
  ["'happy; very'::mood", "string", "happy; very"],
  ["interval '1 day 02:00:00.5'", "string", "P1DT2H0.5S"],
  ["'192.168.0.1/24'::inet", "string", "192.168.0.1/24"],
  ["row(1, 'x y')::pair", "string", '(1,"x y")'],
  ["int4range(1, 5)", "string", "[1,5)"],
  ["'1 2 3'::int2vector", "string", "1 2 3"],
  ["array[1, null, 3]", "json", "[1,null,3]"],
  ["'{}'::int[]", "json", "[]"],
  ["'[0:1]={1,2}'::int[]", "json", "[1,2]"],
  ["'{{1,2},{3,4}}'::int[]", "json", "[[1,2],[3,4]]"],
  ["array[true, false]", "json", "[true,false]"],
  ["array[1.50, 2]::price[]", "json", "[1.50,2.00]"],
  ["array['NaN', 1.5]::float8[]", "json", '["NaN",1.5]'],
  [
    `array['a,b', '', 'NULL', null, 'q"\\', '{x}', '😀']`,
    "json",
    '["a,b","","NULL",null,"q\\"\\\\","{x}","😀"]',
  ],
  ["array['happy; very']::mood[]", "json", '["happy; very"]'],
  ["array['2024-01-01 00:00Z'::timestamptz]", "json", '["2024-01-01T00:00:00Z"]'],
  [`array['{"a": [1]}'::jsonb]`, "json", '[{"a": [1]}]'],
  ["array['\\x01'::bytea]", "json", '["AQ=="]'],
  ["array[box '(1,2),(3,4)', box '(5,6),(7,8)']", "json", '["(3,4),(1,2)","(7,8),(5,6)"]'],
])("%s becomes a cell of type %s", async (expression, type, text) => {
  expect(await cell(expression)).toEqual([type, text]);
});

test("settings of the role do not change the texts", async () => {
  await database.admin.query(`
    create role odd login password 'odd';
    alter role odd set datestyle = 'German, DMY';
    alter role odd set timezone = 'America/St_Johns';
    alter role odd set extra_float_digits = -10;
    alter role odd set bytea_output = 'escape';
    alter role odd set intervalstyle = 'postgres_verbose'`);
  const source = sourceAt(database.server.connectionStringFor({ user: "odd", password: "odd" }), {
    query: `select date '2024-01-02' as d, timestamptz '2024-01-02 03:04Z' as t,
      0.1::float8 + 0.2 as f, '\\x41ff'::bytea as b, interval '1 h' as i`,
    incremental: { by: "none" },
  });

  expect((await readAll(source)).rows).toEqual([
    ["2024-01-02", "2024-01-02T03:04:00Z", "0.30000000000000004", "Qf8=", "PT1H"],
  ]);
});

test.each([
  ["'NaN'::numeric", "decimal"],
  ["'-Infinity'::numeric", "decimal"],
  ["date '0044-03-15 BC'", "date"],
  ["date '12345-01-01'", "date"],
  ["timestamptz '10000-01-01 00:00:00Z'", "datetime"],
  ["timestamptz '0044-03-15 00:00:00Z BC'", "datetime"],
  ["timestamp '10000-01-01 00:00:00.5'", "local-datetime"],
  ["time '24:00:00'", "time"],
])("%s is refused, or null where the definition says so", async (expression, type) => {
  await expect(cell(expression)).rejects.toMatchObject({
    code: "value-not-representable",
    message: expect.stringMatching(
      new RegExp(`^Cannot read column "v": value ".+" does not fit type ${type}`),
    ),
  });
  expect(await cell(expression, { notRepresentable: "null" })).toEqual([type, null]);
});
