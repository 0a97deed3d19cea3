import { gzipSync } from "node:zlib";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { sendFile } from "../support/send-file.ts";

const HELD_DOOR = "8c2d5b1e-1f6a-4a57-9d0c-3b7e6f4a0b11";
const FREE_DOOR = "8c2d5b1e-1f6a-4a57-9d0c-3b7e6f4a0b12";
const FILES = 200;
/** This file of the first connector waits in the database until the other connector has ended. */
const HELD = 60;
/** This file of the first connector is damaged. */
const POISONED = 120;

const local = useLocalStack({ shop: true });
let database: Client;

beforeAll(async () => {
  database = new Client(local.stack.file.postgres ?? "");
  // a test that fails leaves it to the end of the server
  database.on("error", () => undefined);
  await database.connect();
  for (const table of ["held", "free"]) {
    await database.query(
      `create table public.${table} (place serial primary key, file integer not null)`,
    );
  }
  await database.query(`
    create function public.hold() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(new.file);
      return new;
    end $$`);
  await database.query(`
    create trigger hold before insert on public.held for each row
    when (new.file = ${HELD}) execute function public.hold()`);
  await makeDoor(HELD_DOOR, "held");
  await makeDoor(FREE_DOOR, "free");
});

afterAll(async () => {
  await database.end();
});

async function makeDoor(id: string, table: string): Promise<void> {
  await local.define(`imports/${table}`, {
    format: { kind: "csv" },
    entities: [
      {
        name: "Files",
        columns: [{ name: "file", type: "integer", required: true }],
        target: {
          ...{ kind: "postgres", connection: "shop-owner", table: `public.${table}` },
          mode: "insert",
        },
      },
    ],
  });
  await local.define(`connectors/${id}`, {
    ...{ name: table, direction: "import", content: "file", import: table, ordered: true },
    applications: [local.stack.file.clients["partner-a"].id],
  });
}

/** Sends a partner's files, one after the other. @returns their submission ids */
async function sendTo(door: string, poisoned: number | null): Promise<string[]> {
  const ids: string[] = [];
  for (let file = 1; file <= FILES; file++) {
    const whole = gzipSync(`file\r\n${file}\r\n`);
    const body = file === poisoned ? whole.subarray(0, 12) : whole;
    const { text } = await sendFile(local, `/api/connector/enqueue/${door}`, { body });
    ids.push(JSON.parse(text));
  }
  return ids;
}

async function filesIn(table: string): Promise<number[]> {
  const { rows } = await database.query(`select file from public.${table} order by place`);
  return rows.map(({ file }) => file);
}

async function ended(id: string) {
  return eventually(async () => {
    const message = (await local.call("operator", { path: `/api/submissions/${id}` })).json();
    return message.endedAt === null ? null : message;
  });
}

const ALL = Array.from({ length: FILES }, (_, index) => index + 1);

test("two ordered connectors with 200 files each: order within each, no wait for the other, what is poisoned is set aside", async () => {
  await database.query("select pg_advisory_lock($1)", [HELD]);
  const [heldIds, freeIds] = await Promise.all([
    sendTo(HELD_DOOR, POISONED),
    sendTo(FREE_DOOR, null),
  ]);

  // the first connector stands still at one of its files, and the other one gets through
  expect(await ended(freeIds.at(-1) ?? "")).toMatchObject({ state: "processed" });
  expect(await filesIn("free")).toEqual(ALL);
  expect(await filesIn("held")).toEqual(ALL.slice(0, HELD - 1));

  await database.query("select pg_advisory_unlock($1)", [HELD]);
  expect(await ended(heldIds.at(-1) ?? "")).toMatchObject({ state: "processed" });
  expect(await filesIn("held")).toEqual(ALL.filter((file) => file !== POISONED));
  expect(await ended(heldIds[POISONED - 1] ?? "")).toMatchObject({
    state: "preprocessing-failed",
    failure: { code: "file-unreadable", message: expect.stringContaining("gzip") },
  });
}, 480_000);
