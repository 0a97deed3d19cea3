import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cell } from "../../../src/contracts/rows.ts";
import { CannotGoOn, type Source } from "../../../src/domain/source.ts";
import { readAll } from "../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
const signal = new AbortController().signal;
type Rows = (readonly Cell[])[];

/** Reads one batch, and stops. @returns null in place of a place when there was nothing left */
async function readStretch(source: Source, cursor: string | null, place: string | null) {
  const read = await source.read({ cursor, mode: "incremental", signal, place });
  const batches = read.batches[Symbol.asyncIterator]();
  const first = await batches.next();
  const rows: Rows = first.done ? [] : [...first.value];
  if (first.done) {
    return { rows, place: null, cursor: read.nextCursor() };
  }
  const stoppedAt = read.place?.() ?? null;
  await batches.return?.();
  return { rows, place: stoppedAt, cursor: null };
}

/** Reads in as many stretches as it takes, with something done between two of them. */
async function readInStretches(
  source: Source,
  cursor: string | null,
  between: (stretch: number) => Promise<unknown> = async () => undefined,
): Promise<{ rows: Rows; cursor: string; stretches: number }> {
  const rows: Rows = [];
  let place: string | null = null;
  for (let stretch = 1; ; stretch++) {
    const read: Awaited<ReturnType<typeof readStretch>> = await readStretch(source, cursor, place);
    rows.push(...read.rows);
    if (read.cursor !== null) {
      return { rows, cursor: read.cursor, stretches: stretch };
    }
    expect(read.place, `after stretch ${stretch}`).not.toBeNull();
    place = read.place;
    await between(stretch);
  }
}

async function aTable(name: string, rows: number): Promise<Source> {
  await run(`
    create table ${name} (id int primary key, value int not null);
    insert into ${name} select n, 0 from generate_series(1, ${rows}) n`);
  return database.source({ table: `public.${name}`, batchRows: 100 });
}

test("a table that is read in stretches is read whole, each row once, and the next read finds nothing", async () => {
  const source = await aTable("stretched", 1_000);

  const { rows, cursor, stretches } = await readInStretches(source, null);

  expect(stretches).toBe(11);
  expect(rows.map(([id]) => Number(id)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 1_000 }, (_, index) => index + 1),
  );
  expect((await readAll(source, cursor)).rows).toEqual([]);
});

test("an increment is read in stretches as well", async () => {
  const source = await aTable("incremented", 1_000);
  const { cursor } = await readAll(source);
  await run("update incremented set value = 1 where id % 2 = 0");

  const { rows, stretches } = await readInStretches(source, cursor);

  expect(stretches).toBe(6);
  expect(rows).toHaveLength(500);
});

/** A sequence of numbers that looks random and is always the same. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

test.each([1, 2, 3, 4, 5, 6])(
  "whatever is written between two stretches, and by whomever was at it before, is in one of the two reads (%i)",
  async (seed) => {
    const name = `written_${seed}`;
    const pick = numbers(seed);
    const source = await aTable(name, 600);
    const slow = await database.connect();
    await slow.query(`begin; update ${name} set value = -1 where id % 50 = ${pick(50)}`);
    let next = 10_000;
    const seen = new Map<string, string>();
    const read = (rows: readonly (readonly Cell[])[]) => {
      for (const [id, value] of rows) {
        seen.set(String(id), String(value));
      }
    };

    const first = await readInStretches(source, null, async (stretch) => {
      // the rows that the slow transaction holds are left alone, or this would wait for it
      await run(`update ${name} set value = ${stretch}
        where id in (select id from ${name} where id % 7 = ${pick(7)} for update skip locked)`);
      await run(`insert into ${name} select n, 0 from generate_series(${next}, ${next + 30}) n`);
      next += 100;
      if (stretch === 2) {
        await slow.query("commit");
      }
      if (pick(3) === 0) {
        await run(`delete from ${name} where id in
          (select id from ${name} where id % 97 = ${pick(97)} for update skip locked)`);
        await run(`vacuum ${name}`);
      }
    });
    read(first.rows);
    read((await readAll(source, first.cursor)).rows);

    const present = await run(`select id::text, value::text from ${name}`);
    for (const { id, value } of present.rows) {
      expect(`${id}: ${seen.get(id)}`).toBe(`${id}: ${value}`);
    }
  },
);

test("what a transaction wrote on both sides of the place is not taken for returned when one side was", async () => {
  await run(`
    create table both_sides (id int primary key, value int not null) with (fillfactor = 40);
    insert into both_sides select n, 0 from generate_series(1, 600) n`);
  const source = database.source({ table: "public.both_sides", batchRows: 100 });
  const older = await database.connect();
  await older.query("begin; select pg_current_xact_id()");
  const writer = await database.connect();
  await writer.query("begin; update both_sides set value = 1");

  const first = await readInStretches(source, null, async (stretch) => {
    if (stretch === 2) {
      await writer.query("commit");
    }
  });
  const second = await readAll(source, first.cursor);
  await older.query("commit");

  const ones = [...first.rows, ...second.rows].filter(([, value]) => value === "1");
  expect(new Set(ones.map(([id]) => id)).size).toBe(600);
  expect(first.rows.some(([, value]) => value === "1")).toBe(true);
});

test.each([
  ["vacuum full", "vacuum full %"],
  ["truncate", "truncate %"],
  ["a column with a default", "alter table % add column more int not null default 7"],
  ["a column of another type", "alter table % alter column value type bigint"],
  [
    "another table of that name",
    "alter table % rename to gone_%; create table % (id int primary key, value int not null)",
  ],
])("a read does not go on after %s", async (what, sql) => {
  const name = `changed_${what.replaceAll(" ", "_")}`;
  const source = await aTable(name, 300);
  const { place } = await readStretch(source, null, null);
  await run(sql.replaceAll("%", name));

  await expect(readStretch(source, null, place)).rejects.toBeInstanceOf(CannotGoOn);
});

test("queries and tables with partitions have no place", async () => {
  await run(`
    create table parted (id int) partition by list (id);
    create table parted_1 partition of parted for values in (1);
    create table parted_2 partition of parted for values in (2);
    insert into parted values (1), (2)`);

  expect(await readStretch(database.source({ table: "public.parted" }), null, null)).toMatchObject({
    place: null,
  });
  const query = database.source({ query: "select 1 as id", incremental: { by: "none" } });
  expect(await readStretch(query, null, null)).toMatchObject({ place: null });
});
