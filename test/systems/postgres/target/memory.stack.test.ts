import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

test("writes 100 MB all or nothing with 40 MB of heap", async () => {
  await database.admin.query("create table much (no int, note text)");
  const child = fork(join(import.meta.dirname, "memory-child.ts"), {
    execArgv: ["--max-old-space-size=40"],
  });
  const ended = once(child, "exit").then(([code]) => [`ended with ${code}`]);
  child.send({ connectionString: database.server.connectionString, batches: 100 });

  const [report] = await Promise.race([once(child, "message"), ended]);
  await ended;

  expect(report).toMatchObject({ refused: 100 });
  expect(report.largestExternalBytes).toBeLessThan(30_000_000);
  expect(await database.rows("select count(*) from much")).toEqual([["99900"]]);
});
