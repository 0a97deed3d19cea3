/**
 * Large imports into PostgreSQL, under the real local cloud: the app's memory stays flat, and an app that is killed in
 * the middle loses no row and writes none twice.
 *
 *     npm run test:large -- [--upload-bytes 2000000000] [--body-bytes 90000000] [--data DIR]
 *       [--log FILE]
 *
 * One file goes by upload URL, one as a body. The exit code is 1 if any result is wrong.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ANY_PORTS, startStack } from "../../infra/local/stack.ts";
import {
  enqueueUpload,
  killOnTheWay,
  type LargeDoor,
  type LargeEnd,
  openDatabase,
  openDoor,
  sendByBody,
  upload,
  wrongInTable,
} from "./large-import.ts";
import { type MemorySample, memoryReport, watchMemory, wrongWithMemory } from "./memory-watch.ts";
import { type WideFacts, wideFile } from "./wide-rows.ts";

const { values: args } = parseArgs({
  options: {
    "upload-bytes": { type: "string", default: "2000000000" },
    "body-bytes": { type: "string", default: "90000000" },
    // on a disk with room for four times the file; by default a temporary directory
    data: { type: "string" },
    // file for all that the app writes
    log: { type: "string" },
  },
});

const WARNING_REGEXP = /^(?:warning|error|critical)|put-off|again/;
const GUID_REGEXP = /[0-9a-f-]{36}/g;
const KILL_AT = [1 / 3, 2 / 3];
const PRINT_MS = 5_000;
const startedAt = performance.now();

const directory = args.data ?? join(tmpdir(), `waybill-large-${randomUUID()}`);
// readable for others, since PostgreSQL runs as another user where we are root
await mkdir(directory, { recursive: true });
const log = args.log === undefined ? null : createWriteStream(args.log);
/** Warnings of the app; equal ones make one line. */
const warnings = new Map<string, number>();
const stack = await startStack({
  ports: ANY_PORTS,
  dataDirectory: directory,
  shop: true,
  demo: false,
  // larger than a deployment takes unless it is told so
  settings: () => ({ FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "104857600" }),
  onLine: (line) => {
    log?.write(`${new Date().toISOString()} ${line}\n`);
    if (WARNING_REGEXP.test(line)) {
      const text = line.replaceAll(GUID_REGEXP, "...").slice(0, 300);
      warnings.set(text, (warnings.get(text) ?? 0) + 1);
    }
  },
});
const database = await openDatabase(stack);
try {
  print(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, load ${loadavg()[0]}`);
  const wrong = [
    ...(await show("upload", Number(args["upload-bytes"]), sendByUpload)),
    ...(await show("body", Number(args["body-bytes"]), sendByBody)),
  ];
  for (const [line, count] of warnings) {
    print(`the app wrote ${count} x ${line}`);
  }
  print(wrong.length === 0 ? "All is as it must be." : `WRONG:\n${wrong.join("\n")}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await database.end();
  await stack.stop();
  log?.end();
  if (args.data === undefined) {
    await rm(directory, { recursive: true });
  }
}

type Send = typeof sendByBody;

async function sendByUpload(...[stack, door, file]: Parameters<Send>): Promise<string> {
  const uploadId = await upload(stack, door, file);
  print("  uploaded");
  return enqueueUpload(stack, door, uploadId);
}

/** @returns the problems */
async function show(name: string, bytes: number, send: Send): Promise<string[]> {
  if (bytes === 0) {
    return [];
  }
  print(`${name}: ${bytes} bytes`);
  const door = await openDoor(stack, database, name);
  const file = wideFile(bytes);
  let done = 0;
  let printedAtMs = -PRINT_MS;
  const memory = watchMemory({
    pid: () => stack.app().pid,
    done: () => done,
    onSample: (sample) => {
      if (sample.afterMs - printedAtMs >= PRINT_MS) {
        printedAtMs = sample.afterMs;
        print(`  rss ${sample.rssMb.toFixed(0)} MB, ${percent(sample.done)} of the rows`);
      }
    },
  });
  const submissionId = await send(stack, door, file.content);
  const facts = file.facts();
  print(`  sent: ${facts.bytes} bytes, ${facts.rows} rows of which ${facts.badRows} are bad`);
  const end = await killOnTheWay({
    ...{ stack, database, submissionId, killAt: KILL_AT },
    goodRows: facts.rows - facts.badRows,
    onProgress: (share) => {
      done = share;
    },
  });
  memory.stop();
  return report({ name, door, facts, end, samples: memory.samples });
}

async function report(shown: {
  name: string;
  door: LargeDoor;
  facts: WideFacts;
  end: LargeEnd;
  samples: readonly MemorySample[];
}): Promise<string[]> {
  const { name, door, facts, end, samples } = shown;
  for (const { atRow, resumedAfterMs } of end.kills) {
    const seconds = (resumedAfterMs / 1_000).toFixed(1);
    print(`  killed at row ${atRow}; new rows ${seconds} s after the restarted app was ready`);
  }
  const { state, attempts, startedAt: began, endedAt, result } = end.message;
  const seconds = (Date.parse(endedAt) - Date.parse(began)) / 1_000;
  print(`  ${state} after ${attempts} attempts and ${seconds.toFixed(0)} s`);
  for (const line of memoryReport(samples)) {
    print(`  ${line}`);
  }
  const counts = { rows: facts.rows, invalidRows: facts.badRows, refusedRows: 0 };
  const entity = result?.entities[0] ?? {};
  const wrong = [
    ...(end.kills.length === KILL_AT.length ? [] : [`it was killed ${end.kills.length} times`]),
    ...Object.entries(counts).flatMap(([key, count]) =>
      entity[key] === count ? [] : [`${key} in the result: ${entity[key]} instead of ${count}`],
    ),
    ...(await wrongInTable(database, door, facts)),
    ...wrongWithMemory(samples),
  ];
  const good = facts.rows - facts.badRows;
  print(
    wrong.length === 0
      ? `  the table has each of ${good} rows once, checksum ${facts.checksum}`
      : "  WRONG",
  );
  return wrong.map((text) => `${name}: ${text}`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function print(line: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  process.stdout.write(`${seconds.padStart(5)} s  ${line}\n`);
}
