import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEMO } from "../../infra/local/demo.ts";
import { writeStackFile } from "../../infra/local/stack-file.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { sendFile } from "../support/send-file.ts";
import { BLOCKS } from "./document-blocks.ts";

const CONNECTOR = "b7c1d0f4-52a3-4d6e-8f19-3e0a6c5b2d71";
const LEDGER = `/api/ledger/${DEMO.fileType}?limit=1000`;
const IMPORT_CONNECTOR = "c4e0a9d7-6b18-4f5c-9a32-7d1f8e2b6c05";

const local = useLocalStack({ shop: true, demo: true });
const started: ChildProcess[] = [];
let stackFile = "";

beforeAll(async () => {
  stackFile = join(await mkdtemp(join(tmpdir(), "waybill-programs-")), "stack.json");
  await writeStackFile(stackFile, local.stack.file);
  for (const [path, file] of [
    ["exports/example-groups", "export"],
    [`connectors/${CONNECTOR}`, "connector"],
    ["subscriptions/example-groups", "subscription"],
    ["subscriptions/example-groups-webhook", "webhook"],
    ["imports/example-prices", "import"],
    [`connectors/${IMPORT_CONNECTOR}`, "import-connector"],
  ]) {
    const text = await readFile(`examples/definitions/${file}.json`, "utf8");
    await local.define(path ?? "", JSON.parse(text));
  }
});

afterAll(() => {
  for (const child of started) {
    child.kill();
  }
});

interface Running {
  /** Waits for the line that says that a file was taken. */
  taken(): Promise<{ path: string; rows: number }>;
  readonly folder: string;
}

/** The command of examples/README.md that runs a program, without `npm run -s as`. */
async function commandOf(program: string): Promise<string> {
  const text = await readFile("examples/README.md", "utf8");
  const [, command = ""] = new RegExp(`\`npm run -s as (.*${program}.*?)\``).exec(text) ?? [];
  expect(command).toContain(`run examples/${program}`);
  return command;
}

/** Runs a program as `npm run as` does. */
async function running(command: string): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-folder-"));
  const as = ["infra/local/as.ts", "--stack-file", stackFile];
  const child = spawn(process.execPath, [...as, ...command.split(" "), `FOLDER=${folder}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    folder,
    taken: async () => {
      const { value = "" } = await lines.next();
      const [, path = "", rows] = /^(.*): (\d+) rows$/.exec(value) ?? [];
      return { path, rows: Number(rows) };
    },
  };
}

test("the puller takes the file of the example's export, and acknowledges it", async () => {
  const puller = await running(await commandOf("puller.mjs"));
  await local.call("operator", { method: "POST", path: "/api/exports/example-groups/runs" });

  const { path, rows } = await puller.taken();

  const text = await readFile(path, "utf8");
  expect(text).toMatch(/^Group,Name,Discount\r\n/);
  expect(rows).toBeGreaterThan(3);
  const answer = await local.call("operator", { path: `/api/connectors/${CONNECTOR}/deliveries` });
  expect(answer.json().items.map(({ state }: { state: string }) => state)).toEqual(["acked"]);
});

test("the webhook's receiver is called for the file, downloads it, and answers a test", async () => {
  const receiver = await running(await commandOf("webhook-receiver.mjs"));
  await local.call("operator", { method: "POST", path: "/api/exports/example-groups/runs" });

  const { path, rows } = await receiver.taken();

  expect(await readFile(path, "utf8")).toMatch(/^Group,Name,Discount\r\n/);
  expect(rows).toBeGreaterThan(0);
  const test = await local.call("operator", {
    method: "POST",
    path: "/api/subscriptions/example-groups-webhook/test",
  });
  expect(test.status).toBe(202);
  const tested = await eventually(async () => {
    const answer = await local.call("operator", { path: new URL(test.json().delivery).pathname });
    return answer.json().state === "acked" ? answer.json() : null;
  });
  expect(tested.attempts).toMatchObject([{ status: 204, failure: null }]);
});

test("the example's import brings the prices of its file to the table, and gives the bad row back", async () => {
  const file = await readFile("examples/prices.csv");
  await sendFile(local, `/api/connector/enqueue/${IMPORT_CONNECTOR}`, { body: file });

  const ended = await eventually(async () => {
    const answer = await local.call("operator", {
      path: "/api/imports/example-prices/submissions",
    });
    const [submission] = answer.json().items;
    return submission?.endedAt ? submission : null;
  });

  expect(ended).toMatchObject({
    state: "processed-with-errors",
    result: { entities: [{ name: "Prices", rows: 3, invalidRows: 1, refusedRows: 0 }] },
  });
  const database = new Client(local.stack.file.postgres ?? "");
  await database.connect();
  const { rows } = await database.query(
    "select item_id, price::text from shop.prices_in where item_id > 900 order by item_id",
  );
  await database.end();
  expect(rows).toEqual([
    { item_id: 901, price: "9.950000" },
    { item_id: 902, price: "1250.000000" },
  ]);
});

test("every definition of the examples is used here", async () => {
  const source = await readFile(import.meta.filename, "utf8");
  const files = await readdir("examples/definitions");

  expect(files.filter((file) => !source.includes(`"${file.replace(".json", "")}"]`))).toEqual([]);
});

test("the subscriber downloads what is announced to it, and goes on when its token has ended", async () => {
  const subscriber = await running(await commandOf("subscriber.mjs"));
  const first = await subscriber.taken();
  const issued = endpointsIssued(DEMO.subscription);
  // the key that signed its token is gone, and a new connection must show the token
  await rotateKeys();
  await rotateKeys();
  local.stack.cloud.broker?.faults.dropConnections();
  await eventually(async () => endpointsIssued(DEMO.subscription) > issued || null);
  const { items } = (await local.call("operator", { path: LEDGER })).json();
  const taken = [first];

  // a file whose message could not be completed comes again
  const numbers = new Set([numberOf(first)]);
  while (numbers.size <= items.length - numberOf(first) + 1) {
    const next = await subscriber.taken();
    taken.push(next);
    numbers.add(numberOf(next));
  }

  expect([...numbers]).toEqual([...numbers].map((_, index) => numberOf(first) + index));
  expect(first.path).toMatch(/\d+-.*\.jsonl\.gz$/);
  expect(first.rows).toBeGreaterThan(0);
  expect(await readdir(subscriber.folder)).toEqual(
    expect.arrayContaining(taken.map(({ path }) => basename(path))),
  );
});

test("the subscriber asks for a signature again when it has none for a file", async () => {
  await local.define("subscriptions/later", {
    fileTypes: ["Later.*"],
    applications: [local.stack.file.clients["partner-b"].id],
    via: { kind: "topic", access: "sas" },
  });
  const command = await commandOf("subscriber.mjs");
  const subscriber = await running(command.replace("partner-a", "partner-b"));
  // once to begin, once to open: neither answer knows the file type
  await eventually(async () => endpointsIssued("later") === 2 || null);

  const groups = JSON.parse(await readFile("examples/definitions/export.json", "utf8"));
  await local.define("exports/later", { ...groups, fileType: "Later.Groups" });
  await local.call("operator", { method: "POST", path: "/api/exports/later/runs" });
  const { path } = await subscriber.taken();

  expect(await readFile(path, "utf8")).toMatch(/^Group,Name,Discount\r\n/);
});

test("README has the same command for the subscriber", async () => {
  const [block] = BLOCKS.filter(({ text }) => text.includes("examples/subscriber.mjs"));

  expect(block?.text).toBe(`npm run -s as ${await commandOf("subscriber.mjs")}`);
});

async function rotateKeys(): Promise<void> {
  const path = "/api/topic/rotate-keys";
  const { status } = await local.call("operator", { method: "POST", path });
  expect(status).toBe(204);
}

/** How often the app has given access to a subscription. */
function endpointsIssued(id: string): number {
  const mark = `"subscriptionId":"${id}"`;
  return local.lines.filter(
    (line) => line.includes('"temporary-endpoint-issued"') && line.includes(mark),
  ).length;
}

function numberOf({ path }: { path: string }): number {
  return Number(basename(path).split("-")[0]);
}
