import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;
let reader: string;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query(`
    create role reader login password 'x';
    create role view_owner;
    create table open_rows (id int primary key, tenant text);
    create table guarded (id int primary key, tenant text);
    create table graves (id int, tenant text);
    create table split (id int, tenant text) partition by list (tenant);
    create table split_mine partition of split for values in ('mine');
    create table split_yours partition of split for values in ('yours');
    insert into open_rows values (1, 'mine'), (2, 'yours');
    insert into guarded values (1, 'mine'), (2, 'yours');
    insert into split values (1, 'mine'), (2, 'yours');
    insert into graves values (3, 'yours');
    grant select on all tables in schema public to reader, view_owner;
    create view by_superuser as select * from guarded;
    create view by_other as select * from guarded;
    alter view by_other owner to view_owner;
    grant select on by_superuser, by_other to reader;
    create function counted() returns bigint language sql as 'select count(*) from guarded'`);
  for (const table of ["guarded", "graves", "split", "split_yours"]) {
    await database.admin.query(`
      alter table ${table} enable row level security;
      create policy own on ${table} using (tenant = 'mine')`);
  }
  reader = database.server.connectionStringFor({ user: "reader", password: "x" });
});
afterAll(() => database.stop());

const never = { by: "none" };
const tombstones = { by: "tombstones", table: "public.graves", key: { id: "id" } };

const HIDDEN: [string, object][] = [
  ["a table", { table: "public.guarded" }],
  ["a partitioned table", { table: "public.split" }],
  ["a partition", { table: "public.split_yours" }],
  ["tombstones", { table: "public.open_rows", deleted: tombstones }],
  ["a table by cursor column's full read", { table: "public.guarded", incremental: never }],
  ["a view of a role that sees less", { table: "public.by_other", incremental: never }],
  ["a query", { query: "select id from guarded", incremental: never }],
  [
    "a query's second table",
    { query: "select o.id from open_rows o left join guarded using (id)", incremental: never },
  ],
  ["a query's function", { query: "select counted() as n", incremental: never }],
];

test.each(HIDDEN)(
  "rows of %s that a policy would hide are an error that says what to do",
  async (_, definition) => {
    await expect(readAll(database.source(definition, reader))).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringMatching(/row-level security would hide rows.*rowSecurity: "apply"/s),
    });
  },
);

test.each(HIDDEN)(
  'rows of %s are read as far as they are seen with rowSecurity "apply"',
  async (_, definition) => {
    const source = database.source({ ...definition, rowSecurity: "apply" }, reader);

    const { rows } = await readAll(source);

    expect(rows.map(([id]) => id)).not.toContain("3");
    expect(rows.length).toBeLessThanOrEqual(2);
  },
);

test.each([
  ["a role that sees everything", { table: "public.guarded" }, null],
  ["a table without policies", { table: "public.open_rows" }, "reader"],
  [
    "a view whose owner sees everything",
    { table: "public.by_superuser", incremental: never },
    "reader",
  ],
])("%s is read whole", async (...[, definition, role]) => {
  const source = database.source(definition, role === null ? undefined : reader);

  expect((await readAll(source)).rows).toHaveLength(2);
});

test("a read after another on the same connection is not under its setting", async () => {
  const apply = database.source({ table: "public.guarded", rowSecurity: "apply" }, reader);
  await readAll(database.source({ table: "public.open_rows" }, reader));

  expect((await readAll(apply)).rows).toHaveLength(1);
});

test("an export that sees more rows than before is read in full again", async () => {
  const first = await readAll(
    database.source({ table: "public.guarded", rowSecurity: "apply" }, reader),
  );

  const { read, rows } = await readAll(database.source({ table: "public.guarded" }), first.cursor);

  expect([read.mode, rows.length]).toEqual(["full", 2]);
});
