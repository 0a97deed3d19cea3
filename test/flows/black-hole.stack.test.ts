import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, eventually, useLocalStack } from "../support/local-stack.ts";
import { ACTIONS } from "../support/package-api.ts";
import { type Sent, sendFile } from "../support/send-file.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

const DOOR = "5b0f1c1e-4f1a-4a57-9d0c-3b7e6f4a0b77";
/** As long as an outage of a minute, and a little more. */
const SILENCE_MS = 65_000;

const ports = { bus: 0, blob: 0, table: 0 };
const [bus, blob, table] = await Promise.all([
  startTcpProxy(() => ports.bus),
  startTcpProxy(() => ports.blob),
  startTcpProxy(() => ports.table),
]);

/** The stack, with the app and its host behind the proxies. */
const local = useLocalStack({
  shop: true,
  settings: ({ serviceBusOfApp, storage, azurite, broker }) => {
    ports.bus = broker?.port ?? 0;
    ports.blob = Number(new URL(azurite?.blobEndpoint ?? "").port);
    ports.table = Number(new URL(azurite?.tableEndpoint ?? "").port);
    const through = storage
      .replaceAll(`:${ports.blob}/`, `:${blob.port}/`)
      .replaceAll(`:${ports.table}/`, `:${table.port}/`);
    return {
      ServiceBus: serviceBusOfApp.replace(`:${ports.bus};`, `:${bus.port};`),
      DataStorage: through,
      AzureWebJobsStorage: through,
    };
  },
});

afterAll(async () => {
  await Promise.all([bus, blob, table].map((proxy) => proxy.stop()));
});

const rows: string[] = [];

/** Asks, and notes how long the answer took. It came while nothing answered: nothing is healed before. */
async function timed(what: string, ask: () => Promise<{ status: number }>): Promise<number> {
  const startedAt = performance.now();
  const { status } = await ask();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  rows.push(`  ${what.padEnd(40)} ${status} ${seconds.padStart(6)} s`);
  return status;
}

function print(title: string): void {
  process.stdout.write(`\n${title}\n${rows.splice(0).join("\n")}\n`);
}

const enqueue = (body: Buffer): Promise<Sent> =>
  sendFile(local, `/api/connector/enqueue/${DOOR}`, { body });
const post = (path: string): Promise<Answer> => local.call("operator", { method: "POST", path });
const idOf = ({ text }: Sent): string => JSON.parse(text);

async function ended(id: string): Promise<string> {
  return eventually(async () => {
    const { status, json } = await local.call("operator", { path: `/api/submissions/${id}` });
    return status === 200 && json().endedAt !== null ? json().state : null;
  });
}

async function exported(runId: string): Promise<string> {
  return eventually(async () => {
    const answer = await local.call("operator", { path: "/api/exports/groups/runs?limit=100" });
    const items: { runId: string; state: string; endedAt: string | null }[] = answer.json().items;
    const run = items.find((each) => each.runId === runId);
    return run?.endedAt ? run.state : null;
  });
}

beforeAll(async () => {
  const { id } = local.stack.file.clients["partner-a"];
  await local.define("imports/notes", {
    format: { kind: "csv" },
    entities: [
      { name: "Notes", columns: [{ name: "id" }], target: { kind: "blob", container: "notes" } },
    ],
  });
  await local.define(`connectors/${DOOR}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: "notes" },
    ...{ ordered: false, applications: [id] },
  });
  await local.define("exports/groups", {
    fileType: "Hole.Groups",
    entities: [
      {
        name: "Groups",
        source: { kind: "postgres", connection: "shop-owner", table: "shop.customer_groups" },
      },
    ],
    format: { kind: "csv" },
    packageApi: { applications: [id] },
  });
});

const FILE = Buffer.from("id\r\n1\r\n");

test("a silent Service Bus keeps no answer back: what is recorded is answered, and done when the bus is back", async () => {
  const failed = idOf(await enqueue(gzipSync(FILE).subarray(0, 12)));
  expect(await ended(failed)).toBe("preprocessing-failed");

  bus.swallow();
  const sent: Sent[] = [];
  const runs: Answer[] = [];
  const statuses = [
    await timed("enqueue", async () => (sent[0] = await enqueue(FILE))),
    await timed("enqueue, a moment later", async () => (sent[1] = await enqueue(FILE))),
    await timed(
      "run an export now",
      async () => (runs[0] = await post("/api/exports/groups/runs")),
    ),
    await timed("requeue", () => post(`/api/submissions/${failed}/requeue`)),
    await timed("resend", () => post(`/api/submissions/${failed}/resend`)),
    await timed("order a package", () =>
      local.call("partner-a", {
        method: "POST",
        path: `${ACTIONS}ExportToPackage`,
        body: { definitionGroupId: "groups", packageName: "p", executionId: "", reExecute: false },
      }),
    ),
  ];
  print("Service Bus takes connections and answers nothing:");
  bus.heal();

  expect(statuses).toEqual([200, 200, 202, 202, 202, 200]);
  for (const each of sent) {
    expect(await ended(idOf(each))).toBe("processed");
  }
  expect(await ended(failed)).toBe("preprocessing-failed");
  expect(await exported(runs[0]?.json().runId)).toBe("succeeded");
}, 300_000);

test("a Service Bus that cuts every connection keeps no answer back either", async () => {
  bus.hangUp();
  const runs: Answer[] = [];
  const sent: Sent[] = [];
  const statuses = [
    await timed("enqueue", async () => (sent[0] = await enqueue(FILE))),
    await timed(
      "run an export now",
      async () => (runs[0] = await post("/api/exports/groups/runs")),
    ),
  ];
  print("Service Bus cuts every connection:");
  bus.heal();

  expect(statuses).toEqual([200, 202]);
  expect(await ended(sent[0] === undefined ? "" : idOf(sent[0]))).toBe("processed");
  expect(await exported(runs[0]?.json().runId)).toBe("succeeded");
}, 300_000);

test("a storage that cuts every connection is a service that is away", async () => {
  blob.hangUp();
  table.hangUp();
  const statuses = [
    await timed("enqueue", () => enqueue(FILE)),
    await timed("run an export now", () => post("/api/exports/groups/runs")),
  ];
  print("Storage cuts every connection:");
  blob.heal();
  table.heal();

  expect(statuses).toEqual([503, 503]);
}, 300_000);

test("a silent storage is answered as a service that is away, with when to ask again, and is not an end of anything when it is back", async () => {
  const runId = (await post("/api/exports/groups/runs")).json().runId;
  let listed: Answer | undefined;

  blob.swallow();
  table.swallow();
  // each waits as long as the app waits for storage
  const statuses = await Promise.all([
    timed("enqueue", () => enqueue(FILE)),
    timed("run an export now", () => post("/api/exports/groups/runs")),
    timed("list runs", async () => {
      listed = await local.call("operator", { path: "/api/exports/groups/runs" });
      return listed;
    }),
  ]);
  print("Storage takes connections and answers nothing:");
  blob.heal();
  table.heal();

  expect(statuses).toEqual([503, 503, 503]);
  expect(listed?.headers.get("retry-after")).toBe("5");
  expect(listed?.json().type).toBe("urn:waybill:problem:service-unavailable");
  expect(await exported(runId)).toBe("succeeded");
  expect(await ended(idOf(await enqueue(FILE)))).toBe("processed");
}, 300_000);

test("the app and its host live through more than a minute of silence of everything, and go on", async () => {
  const { pid } = local.stack.app();

  for (const proxy of [bus, blob, table]) {
    proxy.swallow();
  }
  await delay(SILENCE_MS);
  for (const proxy of [bus, blob, table]) {
    proxy.heal();
  }

  const id = idOf(await eventually(async () => answered(await enqueue(FILE))));
  expect(await ended(id)).toBe("processed");
  const run = await eventually(async () => answered(await post("/api/exports/groups/runs")));
  expect(await exported(run.json().runId)).toBe("succeeded");
  expect(local.stack.app().pid).toBe(pid);
  expect(isAlive(pid)).toBe(true);
}, 300_000);

function answered<Result extends { status: number }>(answer: Result): Result | null {
  return answer.status < 300 ? answer : null;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
