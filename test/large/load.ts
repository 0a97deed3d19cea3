/**
 * Three loads of files that partners send, under the real local cloud, in numbers.
 *
 *     npm run test:load -- [small] [flood] [bodies] [--files 300] [--uploads 25] [--bytes 15000000] [--seconds 120]
 *
 * - small: many files of three rows. How many imports a second does one instance come to?
 * - flood: one partner sends large files of tiny rows. How long do an export and another partner's small files take
 *   meanwhile?
 * - bodies: as many large bodies at once. How much memory does the app take?
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Client } from "pg";
import { ANY_PORTS, startStack } from "../../infra/local/stack.ts";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { peakMb, watchMemory } from "./memory-watch.ts";

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: "string", default: "300" },
    uploads: { type: "string", default: "25" },
    bytes: { type: "string", default: "15000000" },
    seconds: { type: "string", default: "120" },
  },
});
const LOADS = { small, flood, bodies } as const;
const POLL_MS = 250;
const tokens = new Map<ClientName, Promise<string>>();

const warnings = new Map<string, number>();
const stack = await startStack({
  ports: ANY_PORTS,
  shop: true,
  demo: false,
  tick: "0 * * * * *",
  onLine: (line) => {
    if (/^(?:warning|error|critical)/.test(line)) {
      const text = line.replaceAll(/[0-9a-f-]{36}/g, "...").slice(0, 160);
      warnings.set(text, (warnings.get(text) ?? 0) + 1);
    }
  },
});
const database = new Client(stack.file.postgres ?? "");
database.on("error", () => undefined);
await database.connect();
try {
  await define();
  for (const [name, load] of Object.entries(LOADS)) {
    if (positionals.length === 0 || positionals.includes(name)) {
      await load();
    }
  }
  for (const [line, count] of warnings) {
    print(`the app wrote ${count} x ${line}`);
  }
} finally {
  await database.end();
  await stack.app().kill();
  await stack.stop();
}

async function define(): Promise<void> {
  await database.query("create table public.loaded (n integer not null)");
  await database.query(
    "create table public.exported as select n from generate_series(1, 1000) n; alter table public.exported add primary key (n)",
  );
  await put("imports/loaded", {
    format: { kind: "csv" },
    entities: [
      {
        name: "Numbers",
        columns: [{ name: "n", type: "integer", required: true }],
        target: {
          ...{ kind: "postgres", connection: "shop-owner", table: "public.loaded" },
          mode: "insert",
        },
      },
    ],
  });
  await put("exports/numbers", {
    fileType: "Load.Numbers",
    entities: [
      {
        name: "Numbers",
        source: { kind: "postgres", connection: "shop-owner", table: "public.exported" },
      },
    ],
    format: { kind: "jsonl" },
  });
}

async function door(partner: ClientName): Promise<string> {
  const id = randomUUID();
  await put(`connectors/${id}`, {
    ...{ name: `Load ${partner}`, direction: "import", content: "file", import: "loaded" },
    ...{ ordered: false, applications: [stack.file.clients[partner].id] },
  });
  return id;
}

async function small(): Promise<void> {
  const count = Number(args.files);
  const id = await door("partner-a");
  const startedAt = performance.now();
  const before = cpuSeconds();
  const rowsBefore = await rowsLoaded();
  const body = Buffer.from("n\r\n1\r\n2\r\n3\r\n");
  await atOnce(16, count, () => sendAs("partner-a", id, body));
  const receivedMs = performance.now() - startedAt;
  await allRows(rowsBefore + 3 * count);
  const tookMs = performance.now() - startedAt;
  const after = cpuSeconds();
  print(
    `small: ${count} files received within ${seconds(receivedMs)}, imported within ${seconds(tookMs)}: ${((count * 1_000) / tookMs).toFixed(1)} a second; the app used ${(after - before).toFixed(1)} s of processor time`,
  );
}

async function flood(): Promise<void> {
  const [large, little] = [await door("partner-a"), await door("partner-b")];
  const alone = { export: await exportOnce(), import: await importOnce(little) };
  const body = tinyRows(Number(args.bytes));
  let isOver = false;
  const flooding = atOnce(4, Number(args.uploads), () =>
    isOver ? Promise.resolve() : sendAs("partner-a", large, body),
  );
  flooding.catch(() => undefined);
  const worst = { export: 0, import: 0 };
  const endAt = performance.now() + 1_000 * Number(args.seconds);
  while (performance.now() < endAt) {
    const [exported, imported] = await Promise.all([exportOnce(), importOnce(little)]);
    worst.export = Math.max(worst.export, exported);
    worst.import = Math.max(worst.import, imported);
    print(`  beside the flood: export ${seconds(exported)}, small import ${seconds(imported)}`);
    await delay(2_000);
  }
  isOver = true;
  const rows = await rowsLoaded();
  print(
    `flood: ${args.uploads} uploads of ${args.bytes} bytes: an export took ${seconds(worst.export)} at most (alone ${seconds(alone.export)}), another partner's small import ${seconds(worst.import)} (alone ${seconds(alone.import)}); ${rows} rows by then`,
  );
}

async function bodies(): Promise<void> {
  const id = await door("partner-a");
  const body = tinyRows(Number(args.bytes));
  const memory = watchMemory({ pid: () => stack.app().pid, done: () => 0 });
  const before = peakMb(memory.samples);
  const statuses = new Map<number | string, number>();
  await Promise.all(
    Array.from({ length: Number(args.uploads) }, async () => {
      const status = await send("partner-a", id, body).catch((error: Error) => String(error.cause));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }),
  );
  memory.stop();
  print(
    `bodies: ${args.uploads} bodies of ${args.bytes} bytes at once: rss ${before.toFixed(0)} MB before, ${peakMb(memory.samples).toFixed(0)} MB at most; answers ${JSON.stringify([...statuses])}`,
  );
}

/** CPU time of the app's process. */
function cpuSeconds(): number {
  const fields = readFileSync(`/proc/${stack.app().pid}/stat`, "utf8").split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function tinyRows(bytes: number): Buffer {
  return Buffer.concat([Buffer.from("n\n"), Buffer.alloc(bytes, "7\n")]);
}

async function exportOnce(): Promise<number> {
  const startedAt = performance.now();
  const { runId } = await json("operator", { method: "POST", path: "/api/exports/numbers/runs" });
  for (;;) {
    const { items } = await json("operator", { path: "/api/exports/numbers/runs?limit=5" });
    const run = items.find((each: { runId: string }) => each.runId === runId);
    if (run?.endedAt) {
      return performance.now() - startedAt;
    }
    await delay(POLL_MS);
  }
}

async function importOnce(id: string): Promise<number> {
  const startedAt = performance.now();
  const submissionId = await sendAs("partner-b", id, Buffer.from("n\n1\n"));
  for (;;) {
    const message = await json("operator", { path: `/api/submissions/${submissionId}` });
    if (message.endedAt !== null) {
      return performance.now() - startedAt;
    }
    await delay(POLL_MS);
  }
}

/** By the rows in the table: lists of submissions would cost the app more than the imports. */
async function allRows(wanted: number): Promise<void> {
  while ((await rowsLoaded()) < wanted) {
    await delay(POLL_MS);
  }
}

async function rowsLoaded(): Promise<number> {
  const { rows } = await database.query("select count(*)::int as n from public.loaded");
  return rows[0].n;
}

async function sendAs(client: ClientName, id: string, body: Buffer): Promise<string> {
  for (;;) {
    const response = await fetch(new URL(`/api/connector/enqueue/${id}`, stack.file.app), {
      method: "POST",
      headers: { authorization: `Bearer ${await token(client)}` },
      body: new Uint8Array(body),
    });
    const text = await response.text();
    if (response.status === 200) {
      return JSON.parse(text);
    }
    await delay(1_000 * Number(response.headers.get("retry-after") ?? "1"));
  }
}

async function send(client: ClientName, id: string, body: Buffer): Promise<number> {
  const response = await fetch(new URL(`/api/connector/enqueue/${id}`, stack.file.app), {
    method: "POST",
    headers: { authorization: `Bearer ${await token(client)}` },
    body: new Uint8Array(body),
  });
  await response.text();
  return response.status;
}

async function put(path: string, body: unknown): Promise<void> {
  await json("operator", { method: "PUT", path: `/api/definitions/${path}`, body });
}

async function json(
  client: ClientName,
  { method = "GET", path, body }: { method?: string; path: string; body?: unknown },
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the app answers
): Promise<any> {
  const response = await fetch(new URL(path, stack.file.app), {
    method,
    headers: { authorization: `Bearer ${await token(client)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${path}: ${response.status} ${text}`);
  }
  return JSON.parse(text);
}

async function atOnce(width: number, count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left > 0) {
        left--;
        await work();
      }
    }),
  );
}

function token(client: ClientName): Promise<string> {
  const kept = tokens.get(client) ?? stack.token(client);
  tokens.set(client, kept);
  return kept;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
