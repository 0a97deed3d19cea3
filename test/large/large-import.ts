import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import type { Stack } from "../../infra/local/stack.ts";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { CHECKSUM, WIDE_COLUMNS, WIDE_TABLE, type WideFacts } from "./wide-rows.ts";

/** A door for large files, and the table that they are imported into. */
export interface LargeDoor {
  readonly connectorId: string;
  readonly table: string;
}

const BLOCK_BYTES = 8 * 1_048_576;
/** So rare that sampling itself takes little memory and time. */
const POLL_MS = 250;

/** Opens a session that ends with the first fault, which is enough here. */
export async function openDatabase(stack: Stack): Promise<Client> {
  const database = new Client(stack.file.postgres ?? "");
  // the server may end before its sessions do
  database.on("error", () => undefined);
  await database.connect();
  return database;
}

/** Makes an empty table, the import into it, and a door that takes files of any size. */
export async function openDoor(stack: Stack, database: Client, name: string): Promise<LargeDoor> {
  const connectorId = crypto.randomUUID();
  const table = `public.wide_${name}`;
  await database.query(`drop table if exists ${table}; create table ${table} ${WIDE_TABLE}`);
  await define(stack, `imports/${name}`, {
    format: { kind: "csv" },
    entities: [
      {
        name: "Wide rows",
        columns: WIDE_COLUMNS,
        target: { kind: "postgres", connection: "shop-owner", table, mode: "insert" },
      },
    ],
  });
  await define(stack, `connectors/${connectorId}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: name },
    applications: [stack.file.clients["partner-a"].id],
    maxBytes: 100 * 2 ** 30,
  });
  return { connectorId, table };
}

async function define(stack: Stack, path: string, body: object): Promise<void> {
  const content = [Buffer.from(JSON.stringify(body))];
  await callApp(stack, "operator", { method: "PUT", path: `/api/definitions/${path}`, content });
}

/**
 * Uploads the file in blocks to an address that the app gives out, past the app.
 *
 * @returns the upload's id
 */
export async function upload(
  stack: Stack,
  { connectorId }: LargeDoor,
  file: AsyncIterable<Buffer>,
): Promise<string> {
  const path = `/api/connector/upload/${connectorId}`;
  const opened = await callApp(stack, "partner-a", { method: "POST", path });
  const { uploadUrl, uploadId } = opened as { uploadUrl: string; uploadId: string };
  const blocks: string[] = [];
  for await (const block of blocksOf(file)) {
    const id = Buffer.from(String(blocks.length).padStart(6, "0")).toString("base64");
    await put(`${uploadUrl}&comp=block&blockid=${encodeURIComponent(id)}`, block);
    blocks.push(`<Latest>${id}</Latest>`);
  }
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks.join("")}</BlockList>`;
  await put(`${uploadUrl}&comp=blocklist`, Buffer.from(list));
  return uploadId;
}

/** Enqueues an uploaded file. */
export async function enqueueUpload(
  stack: Stack,
  { connectorId }: LargeDoor,
  uploadId: string,
): Promise<string> {
  const path = `/api/connector/enqueue/${connectorId}?upload=${uploadId}`;
  return (await callApp(stack, "partner-a", { method: "POST", path })) as string;
}

async function* blocksOf(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes >= BLOCK_BYTES) {
      yield Buffer.concat(held);
      held = [];
      bytes = 0;
    }
  }
  if (bytes > 0) {
    yield Buffer.concat(held);
  }
}

async function put(url: string, body: Buffer): Promise<void> {
  const response = await fetch(url, { method: "PUT", body });
  if (response.status !== 201) {
    throw new Error(`Cannot upload: ${response.status} ${await response.text()}`);
  }
}

/** Posts the file as the body of one request, in chunks, as it is made. */
export async function sendByBody(
  stack: Stack,
  { connectorId }: LargeDoor,
  file: AsyncIterable<Buffer>,
): Promise<string> {
  const path = `/api/connector/enqueue/${connectorId}`;
  return (await callApp(stack, "partner-a", { method: "POST", path, content: file })) as string;
}

interface AppCall {
  readonly method: string;
  readonly path: string;
  readonly content?: Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** Waits for an answer as long as it takes, which `fetch` does not. */
async function callApp(
  stack: Stack,
  client: ClientName,
  { method, path, content = [] }: AppCall,
): Promise<unknown> {
  const outgoing = openRequest(new URL(path, stack.file.app), {
    method,
    headers: { Authorization: `Bearer ${await tokenOf(stack, client)}` },
  });
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  const [[answer]] = await Promise.all([answered, pipeline(content, outgoing)]);
  const text = (await buffer(answer)).toString();
  if ((answer.statusCode ?? 0) >= 300) {
    throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  }
  return JSON.parse(text);
}

const tokens = new Map<string, { text: string; renewAtMs: number }>();
const RENEW_MS = 600_000;

async function tokenOf(stack: Stack, client: ClientName): Promise<string> {
  const key = `${stack.file.app} ${client}`;
  const kept = tokens.get(key);
  if (kept !== undefined && performance.now() < kept.renewAtMs) {
    return kept.text;
  }
  const text = await stack.token(client);
  tokens.set(key, { text, renewAtMs: performance.now() + RENEW_MS });
  return text;
}

export interface Kill {
  /** Rows that were written by then. */
  readonly atRow: number;
  /** From the restarted app's being ready to its first new rows. */
  readonly resumedAfterMs: number;
}

export interface LargeRun {
  readonly stack: Stack;
  readonly database: Client;
  readonly submissionId: string;
  readonly goodRows: number;
  /** Shares of the rows at which the app is killed, ascending. */
  readonly killAt: readonly number[];
  /** Told how far the import is, as a share of the rows. */
  onProgress(done: number): void;
}

export interface LargeEnd {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
  readonly message: any;
  readonly kills: readonly Kill[];
}

/** Watches an import to its end, and kills the app on the way. Nothing else is done to help it. */
export async function killOnTheWay(run: LargeRun): Promise<LargeEnd> {
  const { stack, killAt } = run;
  const path = `/api/submissions/${run.submissionId}`;
  const find = async () =>
    (await callApp(stack, "operator", { method: "GET", path })) as LargeEnd["message"];
  const { executionId } = await find();
  const kills: Kill[] = [];
  let killed: { atRow: number; readyAtMs: number } | null = null;
  for (;;) {
    const rows = await rowsWritten(run.database, executionId);
    run.onProgress(rows / run.goodRows);
    if (killed !== null && rows > killed.atRow) {
      const resumedAfterMs = performance.now() - killed.readyAtMs;
      kills.push({ atRow: killed.atRow, resumedAfterMs });
      killed = null;
    }
    if (
      killed === null &&
      rows >= (killAt[kills.length] ?? Number.POSITIVE_INFINITY) * run.goodRows
    ) {
      await stack.restartApp();
      // rows that were committed while the app was dying count as written before
      killed = {
        atRow: await rowsWritten(run.database, executionId),
        readyAtMs: performance.now(),
      };
    }
    const message = await find();
    if (message.endedAt !== null) {
      return { message, kills };
    }
    await wait(POLL_MS);
  }
}

/** Good rows that are in the table, as the target itself has noted. */
async function rowsWritten(database: Client, executionId: string): Promise<number> {
  const { rows: found } = await database.query(
    "select to_regclass('public.waybill_progress') as id",
  );
  if (found[0]?.id === null) {
    return 0;
  }
  const { rows } = await database.query(
    "select coalesce(max(last_row), 0)::int as last from public.waybill_progress where run_id = $1",
    [executionId],
  );
  return rows[0].last;
}

/** Problems of the table; empty: it holds every good row of the file once, and nothing else. */
export async function wrongInTable(
  database: Client,
  { table }: LargeDoor,
  facts: WideFacts,
): Promise<string[]> {
  const { rows } = await database.query(
    `select count(*)::int as all, count(distinct number)::int as different, ${CHECKSUM} as checksum
     from ${table}`,
  );
  const good = facts.rows - facts.badRows;
  const expected = { all: good, different: good, checksum: facts.checksum };
  return Object.entries(expected).flatMap(([name, value]) =>
    rows[0][name] === value ? [] : [`${name}: ${rows[0][name]} instead of ${value}`],
  );
}
