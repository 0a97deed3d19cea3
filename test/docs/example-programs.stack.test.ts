import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeStackFile } from "../../infra/local/stack-file.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { sendFile } from "../support/send-file.ts";

const CONNECTOR = "b7c1d0f4-52a3-4d6e-8f19-3e0a6c5b2d71";
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

/** Runs a program as `npm run as partner-a run` does. */
async function running(program: string, setting: string): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-folder-"));
  const command = ["infra/local/as.ts", "--stack-file", stackFile, "partner-a", "run"];
  const child = spawn(
    process.execPath,
    [...command, `examples/${program}`, setting, `FOLDER=${folder}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
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
  const puller = await running("puller.mjs", `CONNECTOR=${CONNECTOR}`);
  await local.call("operator", { method: "POST", path: "/api/exports/example-groups/runs" });

  const { path, rows } = await puller.taken();

  const text = await readFile(path, "utf8");
  expect(text).toMatch(/^Group,Name,Discount\r\n/);
  expect(rows).toBeGreaterThan(3);
  await expect
    .poll(async () => {
      const answer = await local.call("operator", {
        path: `/api/connectors/${CONNECTOR}/deliveries`,
      });
      return answer.json().items.map(({ state }: { state: string }) => state);
    })
    .toEqual(["acked"]);
});

test("the webhook's receiver is called for the file, downloads it, and answers a test", async () => {
  const receiver = await running("webhook-receiver.mjs", "SUBSCRIPTION=");
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

test("the subscriber downloads what is announced to it", async () => {
  const subscriber = await running("subscriber.mjs", "SUBSCRIPTION=partner-a");

  const { path, rows } = await subscriber.taken();

  expect(await readdir(subscriber.folder)).toContain(path.slice(subscriber.folder.length + 1));
  expect(rows).toBeGreaterThan(0);
  expect(path).toMatch(/\d+-.*\.jsonl\.gz$/);
});
