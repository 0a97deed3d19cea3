import { afterAll, beforeAll, expect, test } from "vitest";
import {
  aRequest,
  batchesOf,
  type Database,
  startDatabase,
  writeAll,
  writeBatches,
} from "./database.ts";
import { numberedRows } from "./import-in-child.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
const count = async (table: string) =>
  (await database.rows(`select count(*) from ${table}`))[0]?.[0];

test("atomic: shows nothing before the commit, then all rows but the refused", async () => {
  await run("create table whole (no int primary key, name varchar(5))");
  const request = aRequest("no:integer name", { atomic: true });
  const writer = await database.target({ table: "public.whole" }).open(request);

  const failures = await writer.write(numberedRows(10), 1);
  await writer.write([["100", "short"]], 11);
  const before = await count("whole");
  await writer.commit();
  await writer.close();

  expect(failures.map(({ row }) => row)).toEqual([7]);
  expect(before).toBe("0");
  expect(await count("whole")).toBe("10");
});

test("atomic: keeps nothing when it is given up, nor when the server fails", async () => {
  await run("create table given_up (no int, name text)");
  const target = database.target({ table: "public.given_up", mode: "insert" });
  const request = aRequest("no:integer name", { atomic: true });

  const writer = await target.open(request);
  await writer.write(numberedRows(10), 1);
  await writer.close();
  const other = await target.open(request);
  await other.write(numberedRows(10), 1);
  await run(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waybill'",
  );
  const failure = other.write(numberedRows(10), 11);

  await expect(failure).rejects.toMatchObject({ code: "target-unavailable" });
  await other.close();
  expect(await count("given_up")).toBe("0");
  expect(await writeAll(target, request, numberedRows(10))).toEqual([]);
  expect(await count("given_up")).toBe("10");
});

test("atomic: a run that is tried again after its commit writes nothing and refuses the same", async () => {
  await run("create table once_whole (no int, name varchar(5))");
  const target = database.target({ table: "public.once_whole", mode: "insert" });
  const request = aRequest("no:integer name", { atomic: true });

  const first = await writeBatches(target, request, batchesOf(numberedRows(50), 20));
  const again = await writeBatches(target, request, batchesOf(numberedRows(50), 30));

  expect(first).toHaveLength(7);
  expect(again).toEqual(first);
  expect(await count("once_whole")).toBe("43");
});

test("atomic: many batches do not run out of locks", async () => {
  await run("create table many_batches (no int primary key, name text)");
  const failures = await writeBatches(
    database.target({ table: "public.many_batches" }),
    aRequest("no:integer name", { atomic: true }),
    batchesOf(numberedRows(1_500), 1),
  );

  expect(failures).toEqual([]);
  expect(await count("many_batches")).toBe("1500");
}, 180_000);

test.each([true, false])(
  "a check refuses what writing would, over batches too, and keeps nothing, atomic: %s",
  async (atomic) => {
    await run(`
      drop schema if exists checked cascade;
      create schema checked;
      create table checked.tree (no int primary key, parent int references checked.tree)`);
    const target = database.target({ table: "checked.tree", mode: "insert" });
    const request = aRequest("no:integer parent:integer", { validateOnly: true, atomic });

    const failures = await writeBatches(target, request, [
      [["1", null]],
      [
        ["2", "1"],
        ["3", "9"],
      ],
      [["1", null]],
    ]);
    const again = await writeBatches(target, request, [[["1", null]]]);

    expect(failures.map(({ row, field }) => [row, field])).toEqual([
      [3, "parent"],
      [4, "no"],
    ]);
    expect(again).toEqual([]);
    expect(await count("checked.tree")).toBe("0");
    expect(await database.rows("select to_regclass('checked.waybill_progress') is null")).toEqual([
      ["t"],
    ]);
  },
);
