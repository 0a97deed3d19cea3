import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { copyIn } from "../../../../src/systems/postgres/target/copy-in.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query("create table numbers (a int); create table texts (a text)");
});
afterAll(() => database.stop());

const COPY_NUMBERS = "copy numbers from stdin";
const CHUNK = `${"1\n".repeat(32_768)}`;

/** Gives the chunk `count` times and counts how many were asked for. */
function countedChunks(count: number, chunkAt: (index: number) => string) {
  const counted = { asked: 0 };
  function* chunks() {
    while (counted.asked < count) {
      counted.asked += 1;
      yield chunkAt(counted.asked);
    }
  }
  return { counted, chunks: chunks() };
}

test("copies rows whose lines are cut anywhere, and none", async () => {
  await copyIn(database.admin, COPY_NUMBERS, ["", "1", "2\n3", "4\n"]);
  await copyIn(database.admin, COPY_NUMBERS, []);

  expect(await database.rows("delete from numbers returning a")).toEqual([["12"], ["34"]]);
});

test("stops reading its input after an error of the server, and leaves the connection usable", async () => {
  const { counted, chunks } = countedChunks(20_000, (index) => (index === 3 ? "x\n" : CHUNK));

  const copying = copyIn(database.admin, COPY_NUMBERS, chunks);

  await expect(copying).rejects.toMatchObject({ code: "22P02" });
  expect(counted.asked).toBeLessThan(1_000);
  expect(await database.rows("select 1")).toEqual([["1"]]);
});

test("refuses a statement that cannot begin, and leaves the connection usable", async () => {
  await expect(copyIn(database.admin, "copy nothing from stdin", ["1\n"])).rejects.toMatchObject({
    code: "42P01",
  });
  expect(await database.rows("select 1")).toEqual([["1"]]);
});

test("fails with its input's own error, keeps nothing, and leaves the connection usable", async () => {
  function* failing() {
    yield "1\n";
    throw new RangeError("no more rows");
  }

  await expect(copyIn(database.admin, COPY_NUMBERS, failing())).rejects.toThrow("no more rows");
  expect(await database.rows("select * from numbers")).toEqual([]);
});

test("asks for no more input than the server takes", async () => {
  await database.admin.query(`
    create function wait_for_lock() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock_shared(7); return null; end $$;
    create trigger wait_for_lock before insert on texts for each row execute function wait_for_lock();
    select pg_advisory_lock(7)`);
  const client = await database.connect();
  const row = `${"x".repeat(65_535)}\n`;
  const { counted, chunks } = countedChunks(3_000, () => row);

  const copying = copyIn(client, "copy texts from stdin", chunks);
  await vi.waitUntil(async () => {
    const [waiting] = await database.rows("select count(*) from pg_locks where not granted");
    return Number(waiting?.[0]) > 0;
  });
  const askedBefore: number[] = [];
  await vi.waitUntil(() => {
    askedBefore.unshift(counted.asked);
    return askedBefore.length > 10 && askedBefore[9] === counted.asked;
  });
  const askedWhileBlocked = counted.asked;
  await database.admin.query("select pg_advisory_unlock(7)");
  await copying;

  expect(askedWhileBlocked).toBeLessThan(1_000);
  expect(counted.asked).toBe(3_000);
});

test("fails when the connection is lost", async () => {
  const client = await database.connect();
  const { rows } = await client.query("select pg_backend_pid() as pid");
  let terminating: Promise<unknown> = Promise.resolve();
  const { chunks } = countedChunks(100_000, (index) => {
    if (index === 10) {
      terminating = database.admin.query("select pg_terminate_backend($1)", [rows[0].pid]);
    }
    return CHUNK;
  });

  await expect(copyIn(client, COPY_NUMBERS, chunks)).rejects.toThrow();
  await terminating;
});
