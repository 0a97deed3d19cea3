import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
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

/** The three commands of the screen, as a person copies them. */
function printedCommands(): string[] {
  return output
    .split("\n")
    .filter((line) => /^ {3}\S/.test(line))
    .map((line) => line.trim());
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

test("by the three printed commands alone a file is dequeued, read and acknowledged", async () => {
  const commands = printedCommands();
  expect(commands).toHaveLength(3);
  const [token = "", dequeue = "", read = ""] = commands;

  const answer = await eventually(async () => {
    const { stdout } = await run("bash", ["-c", `${token}\n${dequeue}\n${read}`]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout.includes("acknowledged: 200") ? stdout : null;
  });

  const [message = "", record = ""] = answer.split("\n");
  expect(JSON.parse(message)).toMatchObject({ IsDownLoadFileExist: true });
  // prices come as jsonl, items as csv
  expect(record).toMatch(/^(\{"item_id":\d+,|ItemId,PublicId,)/);
  await printed("acked       ");
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
