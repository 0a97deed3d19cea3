import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase({ wal_writer_delay: "10s" });
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

test("gives out no cursor before what the snapshot saw is safe from a crash", async () => {
  await run("create table hasty (id int)");
  const source = database.source({ table: "public.hasty" });
  const hasty = await database.connect();
  await hasty.query("set synchronous_commit = off");
  await hasty.query("insert into hasty values (1)");
  const { rows } = await run("select pg_current_wal_insert_lsn() as written");
  let isRead = false;

  const reading = readAll(source).finally(() => {
    isRead = true;
  });
  await vi.waitUntil(async () => {
    const { rows: polls } = await run(
      "select from pg_stat_activity where query like '%as durable%' and application_name = 'waybill'",
    );
    return polls.length > 0;
  });
  const wasReadEarly = isRead;
  // Any commit that waits for the disk takes the earlier ones with it.
  await run("create table after_hasty ()");
  await reading;

  expect(wasReadEarly).toBe(false);
  const { rows: flushed } = await run(
    `select pg_current_wal_flush_lsn() >= '${rows[0].written}' as safe`,
  );
  expect(flushed).toEqual([{ safe: true }]);
});
