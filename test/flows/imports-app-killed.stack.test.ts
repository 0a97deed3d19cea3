import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { sendFile } from "../support/send-file.ts";

const DOOR = "8c2d5b1e-1f6a-4a57-9d0c-3b7e6f4a0b01";
const ROWS = 20_000;
/** Rows at which the import is held until the app was killed. */
const KILLED_AT = [3_000, 12_500];

const local = useLocalStack({ shop: true });
let database: Client;

beforeAll(async () => {
  database = new Client(local.stack.file.postgres ?? "");
  // a test that fails leaves it to the end of the server
  database.on("error", () => undefined);
  await database.connect();
  // nothing but the import itself keeps a row from being written twice
  await database.query("create table public.numbers (number integer not null)");
  await database.query(`
    create function public.hold() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(new.number);
      return new;
    end $$`);
  await database.query(`
    create trigger hold before insert on public.numbers for each row
    when (new.number in (${KILLED_AT.join(", ")})) execute function public.hold()`);
  await local.define("imports/numbers", {
    format: { kind: "csv" },
    entities: [
      {
        name: "Numbers",
        columns: [{ name: "number", type: "integer", required: true }],
        target: {
          ...{ kind: "postgres", connection: "shop-owner", table: "public.numbers" },
          ...{ mode: "insert", batchRows: 500 },
        },
      },
    ],
  });
  await local.define(`connectors/${DOOR}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: "numbers" },
    applications: [local.stack.file.clients["partner-a"].id],
    ordered: true,
  });
});

afterAll(async () => {
  await database.end();
});

async function isWaiting(number: number): Promise<boolean> {
  const { rows } = await database.query(
    "select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted",
    [number],
  );
  return rows.length > 0;
}

test("an app killed in the middle of an import, twice, leaves each row once", async () => {
  for (const number of KILLED_AT) {
    await database.query("select pg_advisory_lock($1)", [number]);
  }
  const numbers = Array.from({ length: ROWS }, (_, index) => index + 1);
  const bad = "not a number\r\n";
  const body = Buffer.from(`number\r\n${numbers.join("\r\n")}\r\n${bad}`);
  const sent = await sendFile(local, `/api/connector/enqueue/${DOOR}`, { body });
  const id = JSON.parse(sent.text);

  for (const number of KILLED_AT) {
    await eventually(async () => (await isWaiting(number)) || null);
    await local.stack.restartApp();
    await database.query("select pg_advisory_unlock($1)", [number]);
    // frees everything that the dead app held: its lock ends now, not in a minute
    local.stack.cloud.broker?.faults.loseLocks("ordered-imports");
  }
  const message = await eventually(async () => {
    const found = (await local.call("operator", { path: `/api/submissions/${id}` })).json();
    return found.endedAt === null ? null : found;
  });

  expect(message).toMatchObject({
    state: "processed-with-errors",
    result: { errors: 1, entities: [{ rows: ROWS + 1, invalidRows: 1, refusedRows: 0 }] },
  });
  expect(message.attempts).toBeGreaterThan(KILLED_AT.length);
  const { rows } = await database.query(
    "select count(*)::int as all, count(distinct number)::int as different from public.numbers",
  );
  expect(rows[0]).toEqual({ all: ROWS, different: ROWS });
}, 300_000);
