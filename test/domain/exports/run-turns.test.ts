import { expect, test } from "vitest";
import type { Run } from "../../../src/domain/exports/run.ts";
import { RUN_TIMES } from "../../../src/domain/exports/run-times.ts";
import {
  mayBegin,
  ofItsKind,
  requestOf,
  sendStalledRuns,
} from "../../../src/domain/exports/run-turns.ts";
import type { Log, LogFact } from "../../../src/domain/log-events.ts";
import type { RunQueue, RunRequest } from "../../../src/domain/ports.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { tableRuns } from "../../../src/stores/table-runs.ts";
import { drawn, grid } from "../../support/grid.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryTable } from "../../support/memory-table.ts";
import { emptyTable } from "../../support/memory-table-rows.ts";
import { aRun } from "../../support/stored-things.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const IN_A_DAY = new Date("2026-03-02T10:00:00Z");

function aWorld(send: RunQueue["send"] = async () => undefined) {
  const clock = manualClock(NOW.toISOString());
  const runs = tableRuns(memoryTable(emptyTable()));
  const logged: Readonly<Record<string, LogFact>>[] = [];
  const log: Log = (_, facts = {}) => void logged.push(facts);
  return { clock, runs, runQueue: { send }, log, logged };
}

type TestPorts = ReturnType<typeof aWorld>;

/** A run of one export, asked for by a clock that shows that time. */
function askedForAt(at: Date): Run {
  return aRun({ exportId: "things", runId: randomIds.timeOrderedGuid(at), queuedAt: at });
}

function sent(run: Run) {
  return requestOf("things", { runId: run.runId, revision: 0 });
}

/** Prepares the run of each state, and other runs of its export, some seconds before now. */
const SITUATIONS: Readonly<Record<string, (ports: TestPorts) => Promise<Run>>> = {
  queued: (ports) => queued(ports, NOW),
  "queued long ago": (ports) => queued(ports, ago(61)),
  "queued behind one that waits": async (ports) => {
    await queued(ports, ago(1));
    return queued(ports, NOW);
  },
  "queued behind one that runs": async (ports) => {
    await running(ports, ago(1));
    return queued(ports, NOW);
  },
  "put off for a while": (ports) => putOff(ports, { at: NOW, forSeconds: 30 }),
  "put off until now": (ports) => putOff(ports, { at: ago(30), forSeconds: 30 }),
  "put off by a clock ahead": (ports) => putOff(ports, { at: IN_A_DAY, forSeconds: 30 }),
  running: (ports) => running(ports, ago(60)),
  "running, silent": (ports) => running(ports, ago(61)),
  "running by a clock ahead": (ports) => running(ports, IN_A_DAY),
  ended: async (ports) => {
    const run = await running(ports, ago(1));
    await ports.runs.finish({ ...run, state: "failed", endedAt: NOW }, null);
    return run;
  },
};

/** Outcome of the run's first message, of one whose sender found the run due in 30 seconds, and of a tick. */
const TURNS = `
  state                        | first message  | later message  | tick
  queued                       | begins         | begins         | -
  queued long ago              | begins         | begins         | sent
  queued behind one that waits | waits          | waits          | -
  queued behind one that runs  | waits          | waits          | -
  put off for a while          | put off        | begins         | -
  put off until now            | begins         | begins         | sent
  put off by a clock ahead     | begins         | begins         | sent
  running                      | a worker is at | a worker is at | -
  running, silent              | begins         | begins         | sent
  running by a clock ahead     | begins         | begins         | sent
  ended                        | waits          | waits          | -
`;

test("what a message and a tick do with a run in each state", async () => {
  const message = (revision: number) => async (ports: TestPorts, run: Run) => {
    const begins = await mayBegin(ports, { ...sent(run), revision }, RUN_TIMES);
    const why = String(ports.logged[0]?.because).replace(/^it (is )?|( for another.*| it)$/g, "");
    return begins ? "begins" : why;
  };
  const acts = {
    "first message": message(0),
    "later message": message(NOW.getTime() + 30_000),
    tick: async (ports: TestPorts, run: Run) => {
      const { active } = await ports.runs.current(run.exportId);
      const request = { exportId: run.exportId, active };
      return (await sendStalledRuns(ports, request, RUN_TIMES)) === 1 ? "sent" : "-";
    },
  };

  const found = await grid({ states: SITUATIONS, acts }, async (prepare, act) => {
    const ports = aWorld();
    return act(ports, await prepare(ports));
  });
  expect(found).toEqual(drawn(TURNS));
});

function ago(seconds: number): Date {
  return new Date(NOW.getTime() - seconds * 1_000);
}

async function queued(ports: TestPorts, at: Date): Promise<Run> {
  const run = askedForAt(at);
  await ports.runs.request(run);
  return run;
}

async function running(ports: TestPorts, at: Date): Promise<Run> {
  const run: Run = { ...(await queued(ports, ago(600))), state: "running", attempts: 1 };
  await ports.runs.update(run, { held: 0, at });
  return run;
}

async function putOff(
  ports: TestPorts,
  { at, forSeconds }: { at: Date; forSeconds: number },
): Promise<Run> {
  const run = await queued(ports, ago(600));
  const nextAttemptAt = new Date(at.getTime() + forSeconds * 1_000);
  await ports.runs.update(
    { ...run, attempts: 1, postponements: 1, nextAttemptAt },
    { held: 0, at },
  );
  return run;
}

test("a run that has begun keeps its turn although a clock that was set back has queued another", async () => {
  const ports = aWorld();
  const begun = askedForAt(IN_A_DAY);
  await ports.runs.request(begun);
  await ports.runs.update({ ...begun, state: "running", attempts: 1 }, { held: 0, at: NOW });
  const later = askedForAt(NOW);
  await ports.runs.request(later);

  expect(await mayBegin(ports, sent(later), RUN_TIMES)).toBe(false);
  ports.clock.advance(RUN_TIMES.silentAfterMs + 1);
  expect(await mayBegin(ports, sent(later), RUN_TIMES)).toBe(false);
  expect(await mayBegin(ports, sent(begun), RUN_TIMES)).toBe(true);
});

test("a run that a clock a day ahead has put off may begin now, and is sent", async () => {
  const ports = aWorld();
  const run = askedForAt(NOW);
  await ports.runs.request(run);
  const nextAttemptAt = new Date(IN_A_DAY.getTime() + 5_000);
  const putOff: Run = { ...run, attempts: 1, postponements: 1, nextAttemptAt };
  await ports.runs.update(putOff, { held: 0, at: IN_A_DAY });

  expect(await mayBegin(ports, sent(run), RUN_TIMES)).toBe(true);
  const { active } = await ports.runs.current("things");
  expect(await sendStalledRuns(ports, { exportId: "things", active }, RUN_TIMES)).toBe(1);
  expect(await mayBegin(ports, sent(run), RUN_TIMES)).toBe(true);
});

test("a put-off run may begin when whoever has sent it found it due, although the clock here is behind", async () => {
  const ports = aWorld();
  const run = askedForAt(NOW);
  await ports.runs.request(run);
  const nextAttemptAt = new Date(NOW.getTime() + 30_000);
  const putOff: Run = { ...run, attempts: 1, postponements: 1, nextAttemptAt };
  await ports.runs.update(putOff, { held: 0, at: NOW });
  const sentAt = (ms: number) => ({ ...sent(run), revision: NOW.getTime() + ms });

  expect(await mayBegin(ports, sent(run), RUN_TIMES)).toBe(false);
  expect(await mayBegin(ports, sentAt(29_999), RUN_TIMES)).toBe(false);
  expect(await mayBegin(ports, sentAt(30_000), RUN_TIMES)).toBe(true);
});

test("a message is of the kind of its run, although earlier versions had one kind for both", async () => {
  const ports = aWorld();
  const published = askedForAt(ago(2));
  const ordered: Run = {
    ...askedForAt(ago(1)),
    package: {
      ...{ executionId: "e", applicationId: "partner", packageName: "p" },
      ...{ entities: ["Things"], maxRows: null },
    },
  };
  await ports.runs.request(published);
  await ports.runs.request(ordered);
  const earlier = (run: Run) => ({ ...sent(run), kind: "export" as const });

  expect((await ofItsKind(ports, earlier(published))).kind).toBe("export");
  expect((await ofItsKind(ports, earlier(ordered))).kind).toBe("order");
  ports.clock.advance(120_000);
  const { active } = await ports.runs.current("things");
  const requests: RunRequest[] = [];
  const runQueue: RunQueue = { send: async (request) => void requests.push(request) };
  const tick = { exportId: "things", active };
  expect(await sendStalledRuns({ ...ports, runQueue }, tick, RUN_TIMES)).toBe(2);
  expect(requests.map(({ kind }) => kind)).toEqual(["export", "order"]);
});

test("a run that nobody begins is sent after one minute, two, four, eight ...", async () => {
  const sentAfter: number[] = [];
  const ports = aWorld();
  await ports.runs.request(askedForAt(NOW));
  for (let minute = 1; minute <= 17; minute++) {
    ports.clock.advance(60_001);
    const { active } = await ports.runs.current("things");
    if ((await sendStalledRuns(ports, { exportId: "things", active }, RUN_TIMES)) === 1) {
      sentAfter.push(minute);
    }
  }

  expect(sentAfter).toEqual([1, 2, 4, 8, 16]);
});

test("a queue that is away does not make a run wait longer", async () => {
  const ports = aWorld(() => Promise.reject(new Error("the queue is away")));
  await ports.runs.request(askedForAt(NOW));
  ports.clock.advance(61_000);
  const { active } = await ports.runs.current("things");

  const sending = sendStalledRuns(ports, { exportId: "things", active }, RUN_TIMES);

  await expect(sending).rejects.toThrow("the queue is away");
  expect((await ports.runs.current("things")).active).toEqual(active);
});
