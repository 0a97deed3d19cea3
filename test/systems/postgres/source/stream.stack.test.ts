import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, sourceAt, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
const never = { by: "none" };
const many = {
  query: "select i, repeat('x', 100) as v from generate_series(1, 1000000) i",
  incremental: never,
};

/** States of our sources' sessions. */
async function statesOfBackends(): Promise<string[]> {
  const { rows } = await run(
    "select state from pg_stat_activity where application_name = 'waybill'",
  );
  return rows.map(({ state }) => state);
}

async function busyBackends(): Promise<number> {
  return (await statesOfBackends()).filter((state) => state !== "idle").length;
}

function terminateBackends() {
  return run(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waybill'",
  );
}

/** Resolves when the pool gives out no terminated connection any more. */
async function connectionsAreForgotten(): Promise<void> {
  await vi.waitUntil(async () => (await statesOfBackends()).length === 0);
  const one = database.source({ query: "select 1 as v", incremental: never });
  await vi.waitUntil(() =>
    readAll(one).then(
      () => true,
      () => false,
    ),
  );
}

test("streams a million rows in batches of the size asked for", async () => {
  const { batches } = await database
    .source(many)
    .read({ cursor: null, mode: "full", signal: new AbortController().signal });
  const sizes = new Map<number, number>();

  for await (const { length } of batches) {
    sizes.set(length, (sizes.get(length) ?? 0) + 1);
  }

  expect([...sizes]).toEqual([
    [200, 1],
    [2_000, 499],
    [1_800, 1],
  ]);
});

test("makes batches smaller where rows are large", async () => {
  const source = database.source({
    query: "select repeat('x', 1000000) as v from generate_series(1, 300)",
    incremental: never,
  });
  const sizes: number[] = [];
  const { batches } = await source.read({
    cursor: null,
    mode: "full",
    signal: new AbortController().signal,
  });
  for await (const batch of batches) {
    sizes.push(batch.length);
  }

  expect(sizes[0]).toBe(200);
  expect(Math.max(...sizes.slice(1))).toBe(4);
});

test.each(["before the first batch", "after it"])(
  "a return() %s frees the connection",
  async (when) => {
    const { batches, nextCursor } = await database
      .source(many)
      .read({ cursor: null, mode: "full", signal: new AbortController().signal });
    const iterator = batches[Symbol.asyncIterator]();
    if (when === "after it") {
      await iterator.next();
    }

    await iterator.return?.();

    await vi.waitUntil(async () => (await busyBackends()) === 0);
    expect(nextCursor).toThrow("have not been read to their end");
  },
);

test("an abort ends the read with its reason and frees the connection", async () => {
  const controller = new AbortController();
  const { batches } = await database
    .source(many)
    .read({ cursor: null, mode: "full", signal: controller.signal });
  const iterator = batches[Symbol.asyncIterator]();
  await iterator.next();
  const reason = new Error("lock lost");

  controller.abort(reason);

  await expect(
    (async () => {
      for (;;) {
        await iterator.next();
      }
    })(),
  ).rejects.toBe(reason);
  await vi.waitUntil(async () => (await busyBackends()) === 0);
});

test("an abort while the database works ends the read at once", async () => {
  const controller = new AbortController();
  const source = database.source({ query: "select pg_sleep(60)::text as v", incremental: never });
  const reading = source.read({ cursor: null, mode: "full", signal: controller.signal });
  await vi.waitUntil(async () => (await busyBackends()) === 1);
  controller.abort();

  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await run(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
  );
});

test("an aborted signal reads nothing", async () => {
  const reading = database
    .source(many)
    .read({ cursor: null, mode: "full", signal: AbortSignal.abort() });

  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
});

test("connections are used again, and more reads than the pool is large wait for each other", async () => {
  const source = database.source({ query: "select pg_backend_pid() as pid", incremental: never });

  const reads = await Promise.all(Array.from({ length: 40 }, () => readAll(source)));

  expect(new Set(reads.map(({ rows }) => rows[0]?.[0])).size).toBeLessThanOrEqual(16);
});

test("a statement that fails before its first row fails the read; later, the iteration", async () => {
  const early = database.source({
    query: "select 1 / (i - 1) as v from generate_series(1, 5) i",
    incremental: never,
  });
  const late = database.source({
    query: "select 1 / (i - 5000) as v from generate_series(1, 9000) i",
    incremental: never,
  });
  const lateRead = await late.read({
    cursor: null,
    mode: "full",
    signal: new AbortController().signal,
  });

  await expect(readAll(early)).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("division by zero"),
  });
  await expect(
    (async () => {
      for await (const _ of lateRead.batches) {
      }
    })(),
  ).rejects.toMatchObject({ code: "source-invalid" });
  await vi.waitUntil(async () => (await busyBackends()) === 0);
});

test("a database that is slow beyond the limit, or goes away, is to be tried again", async () => {
  const slow = database.source({
    query: "select pg_sleep(60)::text as v",
    incremental: never,
    batchTimeoutMs: 1_000,
  });
  await expect(readAll(slow)).rejects.toMatchObject({
    code: "source-unavailable",
    message: expect.stringContaining("no rows within 1000 ms"),
  });

  const { batches } = await database
    .source(many)
    .read({ cursor: null, mode: "full", signal: new AbortController().signal });
  await terminateBackends();
  await expect(
    (async () => {
      for await (const _ of batches) {
      }
    })(),
  ).rejects.toMatchObject({ code: "source-unavailable" });
  await connectionsAreForgotten();
});

test("a connection that breaks while nobody waits on it ends no process", async () => {
  const few = database.source({ query: "select 1 as v", incremental: never });
  const { batches } = await few.read({
    cursor: null,
    mode: "full",
    signal: new AbortController().signal,
  });
  const iterator = batches[Symbol.asyncIterator]();
  await iterator.next();
  await vi.waitUntil(async () => (await statesOfBackends()).includes("idle in transaction"));
  await terminateBackends();
  await vi.waitUntil(async () => (await statesOfBackends()).length === 0);

  await expect(iterator.next()).rejects.toMatchObject({ code: "source-unavailable" });
  await connectionsAreForgotten();
  await terminateBackends();
  await connectionsAreForgotten();
  await expect(readAll(few)).resolves.toMatchObject({ rows: [["1"]] });
});

test("reads under limits: for locks and for lost clients, and without writing", async () => {
  const source = database.source({
    query: `select name, setting from pg_settings where name in
      ('lock_timeout', 'client_connection_check_interval', 'transaction_read_only', 'transaction_isolation')
      order by name`,
    incremental: never,
  });

  expect((await readAll(source)).rows).toEqual([
    ["client_connection_check_interval", "5000"],
    ["lock_timeout", "10000"],
    ["transaction_isolation", "repeatable read"],
    ["transaction_read_only", "on"],
  ]);
});

test("a table without permission is named with what to grant", async () => {
  await run("create table private (id int); create role guest login password 'guest'");
  const login = database.server.connectionStringFor({ user: "guest", password: "guest" });

  await expect(readAll(sourceAt(login, { table: "public.private" }))).rejects.toMatchObject({
    code: "source-invalid",
    message:
      'Cannot read table "public.private": permission denied for table private; grant it to the connection\'s role, e.g. GRANT SELECT ON the table and USAGE ON its schema',
  });
});

test.each([
  ["a closed port", "postgres://u:s3cret@127.0.0.1:1/d", "source-unavailable", /ECONNREFUSED/],
  [
    "an unknown host",
    "postgres://u:s3cret@nowhere.invalid/d",
    "source-unavailable",
    /ENOTFOUND|EAI_AGAIN/,
  ],
  [
    "no address at all",
    "postgres://u:s3cret@[bad/d",
    "source-invalid",
    /it is not a valid connection string/,
  ],
])("%s is told without the secret", async (_case, ...[connectionString, code, message]) => {
  const error = await readAll(sourceAt(connectionString as string, many)).catch(
    (failure: unknown) => failure,
  );

  expect(error).toMatchObject({ code, message: expect.stringMatching(message as RegExp) });
  expect(inspect(error, { depth: 10 })).not.toContain("s3cret");
});

test.each([
  [
    "a wrong password",
    { user: "postgres", password: "s3cret" },
    /does not accept its user or password; check the connection/,
  ],
  ["an unknown database", { database: "nowhere" }, /has no such database; check the connection/],
])("%s is told as a setting to check", async (_case, login, message) => {
  const error = await readAll(sourceAt(database.server.connectionStringFor(login), many)).catch(
    (failure: unknown) => failure,
  );

  expect(error).toMatchObject({ code: "source-invalid", message: expect.stringMatching(message) });
  expect(inspect(error, { depth: 10 })).not.toContain("s3cret");
});
