import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { checkExchange } from "./api-conformance.ts";
import { RECORD_VARIABLE, type RecordedExchange } from "./recorded-exchange.ts";

const RECORDER = import.meta.resolve("./answer-recorder-child.ts");
const MAX_TOLD = 10;
const READ_BYTES = 1024 * 1024;

declare module "vitest" {
  interface TaskMeta {
    /** Number of the app's answers in this file that were compared with the API's document. */
    heldAnswers?: number;
  }
}

/**
 * Checks every answer of the app during the tests of one file against the API's document. A deviation fails the test
 * during which it is seen. Comes before the hooks that start and stop the app.
 *
 * @returns the settings with which the app is recorded, once the first hook has run
 */
export function useConformanceRecord(): () => Readonly<Record<string, string>> {
  const state: { record?: ReturnType<typeof openRecord> } = {};

  beforeAll(() => {
    state.record = openRecord();
  });

  afterEach(({ task }) => {
    const { record } = state;
    const deviations = record?.newDeviations() ?? [];
    task.file.meta.heldAnswers = record?.count() ?? 0;
    failOn(deviations);
  });

  // all of them: what a second attempt of a test did not meet again is wrong all the same
  afterAll(() => {
    const { record } = state;
    record?.newDeviations();
    record?.remove();
    failOn(record?.deviations() ?? []);
  });

  return () => state.record?.settings ?? {};
}

function openRecord() {
  const folder = mkdtempSync(join(tmpdir(), "waybill-record-"));
  const path = join(folder, "exchanges.jsonl");
  const file = openSync(path, "a+");
  let rest = "";
  let count = 0;
  const deviations = new Set<string>();
  return {
    settings: { NODE_OPTIONS: `--import ${RECORDER}`, [RECORD_VARIABLE]: path },
    count: () => count,
    deviations: () => [...deviations],
    /** Checks what was answered since the last time. */
    newDeviations: () => {
      const lines = (rest + readOn(file)).split("\n");
      rest = lines.pop() ?? "";
      count += lines.length;
      const found = lines.flatMap((line) => deviationOf(JSON.parse(line)));
      for (const deviation of found) {
        deviations.add(deviation);
      }
      return found;
    },
    remove: () => {
      closeSync(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function failOn(deviations: readonly string[]): void {
  if (deviations.length > 0) {
    const told = deviations.slice(0, MAX_TOLD).join("\n  ");
    throw new Error(`${deviations.length} answers are not as /api/openapi.json says:\n  ${told}`);
  }
}

/** The text behind what was read before. It is ASCII but for odd addresses, which nothing is compared with. */
function readOn(file: number): string {
  const chunk = Buffer.alloc(READ_BYTES);
  const texts: string[] = [];
  for (;;) {
    const bytes = readSync(file, chunk);
    if (bytes === 0) {
      return texts.join("");
    }
    texts.push(chunk.toString("latin1", 0, bytes));
  }
}

function deviationOf(exchange: RecordedExchange): string[] {
  try {
    checkExchange(exchange);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}
