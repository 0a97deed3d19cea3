import { afterAll, beforeAll, expect, test } from "vitest";
import { CannotGoOn, type Source } from "../../../../src/domain/source.ts";
import type { Cell } from "../../../../src/formats/rows.ts";
import { readAll, readInStretches, readStretch } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
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

const PARTED = `partition by hash (id);
  create table %_0 partition of % for values with (modulus 3, remainder 0);
  create table %_1 partition of % for values with (modulus 3, remainder 1);
  create table %_2 partition of % for values with (modulus 3, remainder 2)`;
const BY_COLUMN = { by: "cursor-column", column: "at", edge: { by: "transactions" } };

/** Tables that many write to, each by the rules of the way that it is read. */
const WRITTEN: Record<string, { create: string; definition: object }> = {
  "by snapshot": { create: "", definition: {} },
  "by snapshot, with partitions": { create: PARTED, definition: {} },
  "by cursor column": { create: "", definition: { incremental: BY_COLUMN } },
  "by cursor column, with an index": {
    create: "; create index on % (at)",
    definition: { incremental: BY_COLUMN },
  },
  "by cursor column, with partitions": { create: PARTED, definition: { incremental: BY_COLUMN } },
  "by cursor column and key": {
    create: "",
    definition: { incremental: BY_COLUMN, key: ["id"] },
  },
};
const SEEDS = [1, 2, 3, 4];

test.each(
  Object.entries(WRITTEN).flatMap(([way, how]) => SEEDS.map((seed) => ({ way, seed, ...how }))),
)(
  "$way: whatever is written between two stretches, and by whomever was at it before, is in one of the reads (%#)",
  async ({ way, seed, create, definition }) => {
    const name = `${way.replaceAll(/\W+/g, "_")}_${seed}`;
    const pick = numbers(seed);
    await run(
      `create table ${name} (id int primary key, value int not null, at timestamptz default now()) ${create.replaceAll("%", name)};
       insert into ${name} select n, 0 from generate_series(1, 600) n`,
    );
    const source = database.source({ table: `public.${name}`, batchRows: 100, ...definition });
    const slow = await database.connect();
    await slow.query(
      `begin; update ${name} set value = -1, at = now() where id % 50 = ${pick(50)}`,
    );
    let next = 10_000;
    const seen = new Map<string, string>();
    const read = (rows: readonly (readonly Cell[])[]) => {
      for (const [id, value] of rows) {
        seen.set(String(id), String(value));
      }
    };

    const first = await readInStretches(source, null, async (stretch) => {
      // the rows that the slow transaction holds are left alone, or this would wait for it
      await run(`update ${name} set value = ${stretch}, at = now()
        where id in (select id from ${name} where id % 7 = ${pick(7)} for update skip locked)`);
      if (stretch < 8) {
        // a table that grows at its end all the time is read without end
        await run(`insert into ${name} select n, 0 from generate_series(${next}, ${next + 30}) n`);
      }
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
    // the edge stays a second behind
    const upToNow = database.source({
      ...{ table: `public.${name}`, ...definition },
      ...("incremental" in definition
        ? { incremental: { ...BY_COLUMN, edge: { by: "lag", lagMs: 1_000 } } }
        : {}),
    });
    await run("select pg_sleep(1.1)");
    read((await readAll(upToNow, first.cursor)).rows);

    expect(first.stretches).toBeGreaterThan(6);
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

test("a window that an index finds is read in stretches, each row once, up to the edge of the first read", async () => {
  await run(`
    create table indexed (id int primary key, at timestamptz not null);
    insert into indexed select n, now() - interval '2 h' from generate_series(1, 20000) n;
    create index on indexed (at)`);
  const incremental = { by: "cursor-column", column: "at", edge: { by: "lag", lagMs: 1_000 } };
  const source = database.source({ table: "public.indexed", batchRows: 50, incremental });
  const { cursor } = await readAll(source);
  // changed in another order than they lie
  await run(`
    update indexed set at = now() + interval '1 ms' * (id % 7) where id % 100 = 0;
    analyze indexed`);
  await run("select pg_sleep(1.1)");
  let edge = "";

  const {
    rows,
    stretches,
    cursor: next,
  } = await readInStretches(source, cursor, async (stretch) => {
    if (stretch === 1) {
      const { rows: now } = await run("select now()::text as now");
      edge = now[0].now;
      await run("insert into indexed values (50000, now())");
      await run("select pg_sleep(1.1)");
    }
  });

  const ids = rows.map(([id]) => Number(id)).sort((a, b) => a - b);
  expect(ids).toEqual(Array.from({ length: 200 }, (_, index) => 100 * (index + 1)));
  expect(stretches).toBe(5);
  expect(new Date(JSON.parse(next).to).getTime()).toBeLessThan(new Date(edge).getTime());
  expect((await readAll(source, next)).rows.map(([id]) => id)).toContain("50000");
});

test("partitions that come and go between two stretches", async () => {
  await run(`
    create table coming (id int not null, value int not null default 0) partition by range (id);
    create table coming_1 partition of coming for values from (0) to (100);
    create table coming_2 partition of coming for values from (100) to (200);
    create table coming_3 partition of coming for values from (200) to (300);
    insert into coming select n from generate_series(0, 299) n`);
  const source = database.source({ table: "public.coming", batchRows: 100 });

  const { rows, cursor } = await readInStretches(source, null, async (stretch) => {
    if (stretch === 1) {
      await run(`
        create table coming_4 (id int not null, value int not null default 0);
        insert into coming_4 values (300);
        alter table coming attach partition coming_4 for values from (300) to (400);
        alter table coming detach partition coming_1`);
    }
  });

  const ids = [...rows, ...(await readAll(source, cursor)).rows].map(([id]) => Number(id));
  expect(new Set(ids)).toEqual(new Set(Array.from({ length: 301 }, (_, index) => index)));
  expect(ids.filter((id) => id < 300)).toHaveLength(300);
});

test("a read does not go on when a partition that it has begun was rewritten", async () => {
  await run(`
    create table rewritten (id int not null) partition by range (id);
    create table rewritten_1 partition of rewritten for values from (0) to (300);
    create table rewritten_2 partition of rewritten for values from (300) to (400);
    insert into rewritten select n from generate_series(0, 399) n`);
  const source = database.source({ table: "public.rewritten", batchRows: 100 });
  const { place } = await readStretch(source, null, null);

  await run("vacuum full rewritten_2");
  const next = await readStretch(source, null, place);
  await run("vacuum full rewritten_1");

  expect(next.rows.length).toBeGreaterThan(0);
  await expect(readStretch(source, null, place)).rejects.toBeInstanceOf(CannotGoOn);
});

test.each([{}, { incremental: BY_COLUMN, key: ["id"] }])(
  "deleted keys come once, before the rows (%j)",
  async (members) => {
    const name = "key" in members ? "buried_by_key" : "buried";
    await run(`
      create table ${name} (id int primary key, at timestamptz default now());
      create table ${name}_graves (id int);
      insert into ${name} select n from generate_series(1, 500) n;
      insert into ${name}_graves values (1000), (1001)`);
    const source = database.source({
      ...{ table: `public.${name}`, batchRows: 100 },
      deleted: { by: "tombstones", table: `public.${name}_graves`, key: { id: "id" } },
      ...members,
    });

    const { rows, stretches, cursor } = await readInStretches(source);

    expect(stretches).toBeGreaterThanOrEqual(5);
    expect(rows.filter((row) => row.at(-1) === "true").map(([id]) => id)).toEqual(["1000", "1001"]);
    expect(rows).toHaveLength(502);
    const again = await readAll(source, cursor);
    expect(again.rows.filter((row) => row.at(-1) === "true")).toEqual([]);
  },
);
