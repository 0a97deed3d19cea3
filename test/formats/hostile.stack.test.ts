import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "./foreign-readers.ts";
import { HOSTILE_ACTIONS, HOSTILE_FILES } from "./hostile-inputs.ts";

/** Far more than any input needs, and far less than an input that is held in memory. */
const MAX_MIB = 250;
const CHILD = fileURLToPath(new URL("./hostile-child.ts", import.meta.url));
const table: string[] = [];

afterAll(() => {
  process.stdout.write(`${table.join("\n")}\n`);
});

test.each([...Object.keys(HOSTILE_FILES), ...Object.keys(HOSTILE_ACTIONS)])(
  "%s is read or refused in little memory",
  (name) => {
    const { outcome, mib } = JSON.parse(runProgram(process.execPath, [CHILD, name]));
    table.push(`${String(mib).padStart(4)} MiB  ${name}: ${outcome}`);

    expect(outcome).toMatch(/^(?:Cannot read the (?:file|package): .|[0-9]+ rows, |0 entities)/);
    expect(mib).toBeLessThan(MAX_MIB);
  },
  180_000,
);
