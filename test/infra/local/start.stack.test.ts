import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/local-stack.ts";

const run = promisify(execFile);

let directory: string;
let started: ChildProcess;
let output = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "waybill-start-"));
  started = spawn(
    "npm",
    ["start", "--", "--any-port", "--stack-file", join(directory, "stack.json")],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  started.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  await printed("Stop with Ctrl-C.");
});

afterAll(() => {
  started.kill("SIGKILL");
});

/** Waits until the first screen or an event line says so. */
async function printed(text: string): Promise<void> {
  await eventually(async () => {
    if (started.exitCode !== null) {
      throw new Error(`the start ended with ${started.exitCode}: ${output}`);
    }
    return output.includes(text) || null;
  });
}

/** The commands of the screen, as a person copies them. */
function printedCommands(): string[] {
  return [...output.matchAll(/^ {3}(npm run \S.*)$/gm)].map(([, command = ""]) => command);
}

/** Carries a command out, against the stack that this test has started. */
async function carriedOut(command: string): Promise<{ stdout: string; stderr: string }> {
  const stackFile = join(directory, "stack.json");
  return run("bash", ["-c", `${command} -- --stack-file ${stackFile}`]);
}

/** Processes whose ancestor is the one that we started, and itself. */
async function family(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir("/proc")) {
    const status = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const parent = /\) \S (\d+)/.exec(status)?.[1];
    if (parent !== undefined) {
      parents.set(Number(entry), Number(parent));
    }
  }
  const isOurs = (pid: number): boolean =>
    pid === root || (parents.has(pid) && isOurs(parents.get(pid) as number));
  return [...parents.keys()].filter(isOurs);
}

test("each part says that it runs", () => {
  const started = [...output.matchAll(/^ {2}\d+\.\d s {2}(.+)$/gm)].map(([, part]) => part);

  expect(started.sort()).toEqual([
    ...["Service Bus broker", "app", "shop database", "storage", "token issuer"],
  ]);
});

test("by the printed commands alone a file is dequeued, read and acknowledged", async () => {
  const [dequeue = "", read = "", acknowledge = "", list = ""] = printedCommands();

  const dequeued = await eventually(async () => {
    const { stdout } = await carriedOut(dequeue);
    return stdout.startsWith("{") ? stdout : null;
  });

  expect(JSON.parse(dequeued)).toMatchObject({ IsDownLoadFileExist: true });
  // prices come as jsonl, items as csv
  expect((await carriedOut(read)).stdout).toMatch(/^(\{"item_id":\d+,|ItemId,PublicId,)/);
  expect((await carriedOut(acknowledge)).stdout).toBe("acknowledged: 200\n");
  expect(JSON.parse((await carriedOut(list)).stdout).items).not.toEqual([]);
  await printed("by partner-a");
});

test("a request that is refused stands on the screen, with the names of caller and connector", async () => {
  const path = "/api/connector/dequeue/6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";

  await expect(carriedOut(`npm run -s as partner-b GET ${path}`)).rejects.toMatchObject({
    stderr: expect.stringContaining("404 Not Found"),
  });

  await printed(
    'refused     GET /api/connector/dequeue/<connector "Partner A"> by partner-b: 404 connector-not-found',
  );
});

test("a connector that is saved and an import that is refused stand there by name, with the reason", async () => {
  const door = "/api/definitions/connectors/2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";
  const place = (name: string): string => join(directory, name);
  const definition = place("import.json");
  const connector = place("connector.json");
  const file = place("prices.csv");
  const prices = {
    name: "Prices",
    columns: [{ name: "item_id", type: "integer", required: true }],
    target: { kind: "postgres", connection: "shop-owner", table: "shop.prices_in", mode: "upsert" },
  };
  await writeFile(definition, JSON.stringify({ format: { kind: "csv" }, entities: [prices] }));
  await writeFile(
    connector,
    JSON.stringify({
      ...{ name: "Prices of A", direction: "import", content: "file", import: "prices" },
      applications: ["9d3f7a52-1c48-4e0b-8a6d-5b2e7f90c134"],
    }),
  );
  await writeFile(file, "item,price\n1,2\n");

  await carriedOut(`npm run -s as operator PUT /api/definitions/imports/prices ${definition}`);
  await carriedOut(`npm run -s as operator PUT ${door} ${connector}`);
  await carriedOut(
    `npm run -s as partner-a POST /api/connector/enqueue/${door.split("/").at(-1)} ${file}`,
  );

  await printed("  saved       imports/prices\n");
  await printed('  saved       connector "Prices of A"\n');
  await printed("  received    15 bytes for import prices by partner-a\n");
  await printed(
    '  REFUSED     a file at connector "Prices of A": Cannot import the file: it lacks the column(s) "item_id"; it has "item", "price"',
  );
});

test("a path that Git's bash on Windows took for a file's is read as it was written", async () => {
  const { stdout } = await carriedOut(
    "npm run -s as operator GET 'C:/Program Files/Git/api/definitions/exports'",
  );

  expect(JSON.parse(stdout).items).not.toEqual([]);
});

test.each([
  ["--help", 0, "--any-port"],
  ["--nope", 1, "Unknown option '--nope'"],
])("npm start %s tells how it is used", async (option, code, text) => {
  const { stdout, stderr } = await run("npm", ["start", "--", option]).catch(
    (error: { stdout: string; stderr: string; code: number }) => {
      expect(error.code).toBe(code);
      return error;
    },
  );

  expect(stdout + stderr).toContain(text);
  expect(stdout + stderr).toContain("--data DIR");
});

test("an unmodified client receives an event, and the file is as announced", async () => {
  const { stdout } = await run(process.execPath, [
    "test/clients/subscriber.mjs",
    join(directory, "stack.json"),
  ]);

  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ application: true, issuer: true });
  expect(report.received).toEqual(report.announced);
  expect(report.received.records).toBeGreaterThan(0);
});

test("SIGTERM to npm ends every process", async () => {
  const pids = await family(started.pid as number);
  expect(pids.length).toBeGreaterThan(3);

  const exited = once(started, "exit");
  started.kill("SIGTERM");
  await exited;

  const left = await eventually(async () => {
    const commands = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    return commands.every((command) => command === "") ? commands : null;
  });
  expect(left.length).toBe(pids.length);
});
