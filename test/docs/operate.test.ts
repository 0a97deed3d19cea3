import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LOG_EVENTS } from "../../src/domain/log-events.ts";

const ROOT = join(import.meta.dirname, "../..");
const events = Object.entries(LOG_EVENTS);

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(ROOT, folder, name), "utf8"));
}

test("docs/operate.md explains each event that can be logged, with its level, and no other", () => {
  const rows = readFileSync(join(ROOT, "docs/operate.md"), "utf8").matchAll(
    /^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm,
  );
  const explained = [...rows].map(([, event, level]) => [event, level] as const);

  expect(explained.map(([event]) => event).sort()).toEqual(events.map(([event]) => event).sort());
  for (const [event, level] of events) {
    const said = new Map(explained).get(event);
    expect(said, event).toMatch(typeof level === "string" ? new RegExp(`^${level}$`) : /error/);
  }
});

test("each event is logged somewhere", () => {
  const code = filesUnder("src", ".ts")
    .filter((text) => !text.includes("export const LOG_EVENTS"))
    .join("\n");

  expect(events.map(([event]) => event).filter((event) => !code.includes(`"${event}"`))).toEqual(
    [],
  );
});
