import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, sourceAt, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

/** Ids of the rows that a read returned. */
const ids = ({ rows }: { rows: readonly (readonly unknown[])[] }) => rows.map(([id]) => id);

test("reads in full with a reason when the cursor is of another cluster", async () => {
  const ddl = "create table same_everywhere (id int); insert into same_everywhere values (1)";
  const definition = { table: "public.same_everywhere" };
  const other = await startDatabase();
  await other.admin.query(ddl);
  const elsewhere = await readAll(other.source(definition));
  await other.stop();
  await run(ddl);

  const here = await readAll(database.source(definition), elsewhere.cursor);

  expect(ids(here)).toEqual(["1"]);
  expect(here.read).toMatchObject({
    mode: "full",
    fullBecause: "the database is another one, or was restored or failed over, since the last read",
  });
});

test.each([
  [
    "transaction ids run backwards",
    (cursor: Kept) => ({ snapshot: cursor.snapshot.map((id) => id + 1_000) }),
  ],
  [
    "restored or failed over",
    (cursor: Kept) => ({ cluster: cursor.cluster.replace("00000001", "00000002") }),
  ],
  ["another version or damaged", () => ({ v: 2 })],
  ["another version or damaged", () => ({ unknown: true })],
  ["the definition of the source has changed", () => ({ of: "x" })],
])("reads in full and says '%s'", async (reason, change) => {
  await run(
    "create table if not exists restored (id int); truncate restored; insert into restored values (1)",
  );
  const source = database.source({ table: "public.restored" });
  const { cursor } = await readAll(source);
  const kept = JSON.parse(cursor) as Kept;
  const changed = JSON.stringify({ ...kept, ...change(kept) });

  const { read, rows } = await readAll(source, changed);

  expect(read.mode).toBe("full");
  expect(read.fullBecause).toContain(reason);
  expect(rows).toEqual([["1"]]);
});

interface Kept {
  snapshot: number[];
  cluster: string;
}

test("knows the server by its start time where its identifier may not be read", async () => {
  await run(`
    create table unidentified (id int);
    create role plain login password 'plain';
    grant select on unidentified to plain;
    revoke execute on function pg_control_system() from public`);
  const login = database.server.connectionStringFor({ user: "plain", password: "plain" });
  const source = sourceAt(login, { table: "public.unidentified" });
  const first = await readAll(source);
  await run("insert into unidentified values (1)");
  const second = await readAll(source, first.cursor);
  await run("grant execute on function pg_control_system() to public");

  expect(first.cursor).toContain('"cluster":"started ');
  expect(second.read.mode).toBe("incremental");
  expect(ids(second)).toEqual(["1"]);
});
