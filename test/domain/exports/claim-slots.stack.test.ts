import { expect, test } from "vitest";
import { ExportDefinition } from "../../../src/domain/definitions/definitions.ts";
import { claimSlots } from "../../../src/domain/exports/claim-slots.ts";
import type { Run } from "../../../src/domain/exports/run.ts";
import type { StoredDefinition } from "../../../src/domain/ports.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { exportBody } from "../../support/definition-bodies.ts";
import { useFaultyStorage } from "../../support/faulty-storage.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { aFileType, all } from "../../support/stored-things.ts";

const storage = useFaultyStorage();
const DAY_MS = 24 * 3_600_000;

function anExport(facts: { schedule?: object; since?: string } = {}): StoredDefinition<"exports"> {
  const {
    schedule = { cron: "0 * * * *", lateAfterSeconds: 600 },
    since = "2026-03-01T10:30:00Z",
  } = facts;
  const at = new Date(since);
  return {
    id: randomIds.guid(),
    body: ExportDefinition.parse(exportBody({ fileType: aFileType(), schedule })),
    etag: "1",
    updatedAt: at,
    scheduleSince: at,
    incarnation: "",
    version: 1,
    updatedBy: "operator",
  };
}

const clock = manualClock("2026-03-01T10:30:00Z");
const logged: string[] = [];

/** One tick: what is due by the clock is claimed, and every run that it led to has ended. */
async function tick(
  definition: StoredDefinition<"exports">,
  between: () => Promise<void> = async () => undefined,
): Promise<string[]> {
  const { runs } = storage.direct;
  const ports = { runs, ids: randomIds, clock, log: (event: string) => void logged.push(event) };
  const { schedule: mark, active } = await runs.current(definition.id);
  const { schedule } = definition.body;
  if (schedule === undefined) {
    throw new Error("the export has no schedule");
  }
  await between();
  const claimed: Run[] = await all(claimSlots(ports, { definition, schedule, mark, active }));
  return claimed.map(({ dueAt }) => String(dueAt?.toISOString()));
}

test("a tick that planned before the schedule was changed claims nothing after one that planned by the new one", async () => {
  const hourly = anExport();
  const often = {
    ...hourly,
    ...anExport({ schedule: { every: { minutes: 1 } }, since: "2026-03-01T11:05:00Z" }),
    id: hourly.id,
  };
  clock.set("2026-03-01T11:05:00Z");

  const late = await tick(hourly, async () => {
    clock.set("2026-03-01T11:06:30Z");
    expect(await tick(often)).toHaveLength(1);
  });

  expect(late).toEqual([]);
  clock.set("2026-03-01T11:07:30Z");
  expect(await tick(often)).toHaveLength(1);
});

test.each([
  ["the tick", {}],
  ["an operator's change", { since: "2026-03-02T11:30:00Z" }],
])(
  "a clock that ran a day ahead for %s stops no schedule, and its slots come again",
  async (_, facts) => {
    const definition = anExport(facts);
    clock.set("2026-03-01T11:00:05Z");
    await tick(definition);
    clock.advance(DAY_MS);
    await tick(definition);

    clock.set("2026-03-01T11:30:00Z");
    expect(await tick(definition)).toEqual([]);
    expect(logged).toContain("schedule-reset");
    clock.set("2026-03-01T12:00:05Z");
    expect(await tick(definition)).toEqual(["2026-03-01T12:00:00.000Z"]);

    // and the day after, at the very instant that was claimed too early
    clock.set("2026-03-02T11:00:05Z");
    expect(await tick(definition)).toEqual(["2026-03-02T11:00:00.000Z"]);
  },
);

test("a slot that came due while only a clock a day ahead was at work is claimed when the clock is right", async () => {
  const definition = anExport();
  clock.set("2026-03-02T10:59:50Z");
  await tick(definition);
  clock.set("2026-03-01T11:00:10Z");

  expect(await tick(definition)).toEqual(["2026-03-01T11:00:00.000Z"]);
  expect(await tick(definition)).toEqual([]);
  clock.set("2026-03-01T12:00:05Z");
  expect(await tick(definition)).toEqual(["2026-03-01T12:00:00.000Z"]);
});

test("a clock that is a few minutes ahead is believed: nothing is claimed twice", async () => {
  const definition = anExport();
  clock.set("2026-03-01T11:00:01Z");
  expect(await tick(definition)).toHaveLength(1);
  clock.set("2026-03-01T10:59:59Z");

  expect(await tick(definition)).toEqual([]);

  clock.set("2026-03-01T12:00:01Z");
  expect(await tick(definition)).toEqual(["2026-03-01T12:00:00.000Z"]);
});
