import { expect, test } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { MAX_INTERRUPTIONS } from "../../src/domain/imports/retry-policy.ts";
import { runImport } from "../../src/domain/imports/run-import.ts";
import { sendOwedImports } from "../../src/domain/imports/send-owed-imports.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { receiveFile } from "../../src/domain/submissions/receive-file.ts";
import type { Submission } from "../../src/domain/submissions/submission.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { sender } from "../support/world/sender.ts";
import { drain, EVERYTHING, makeWorld } from "../support/world/world.ts";

/** Rows in one batch of the reader. */
const BATCH_ROWS = 1_000;
const BATCHES = MAX_INTERRUPTIONS + 5;

/** Ports whose target ends the attempt's time once it has kept one batch more than there was. */
function hurried(ports: Ports, end: AbortController): Ports {
  return {
    ...ports,
    openTarget: (definition) => ({
      open: (request) =>
        ports.openTarget(definition).open({
          ...request,
          onProgress: () => {
            request.onProgress?.();
            end.abort(new Error("the time is up"));
          },
        }),
    }),
  };
}

test.each(["ordered", "unordered"] as const)(
  "an import that moves on takes as many attempts as it needs, %s",
  async (kind) => {
    const world = await sender(await makeWorld());
    const ids = Array.from({ length: BATCHES * BATCH_ROWS }, (_, index) => `row${index}`);
    const content = `id\r\n${ids.join("\r\n")}\r\n`;
    const submissionId = await world.send(world[kind], "1.csv", content);
    let runs = 0;
    for (let next = world.queue.shift(); next !== undefined; next = world.queue.shift()) {
      const end = new AbortController();
      await runImport(hurried(world.ports, end), next, end.signal);
      runs += 1;
    }

    expect(runs).toBeGreaterThan(MAX_INTERRUPTIONS);
    expect(await world.ports.submissions.find(submissionId)).toMatchObject({
      state: "processed",
      attempts: runs,
      continuations: runs - 1,
      result: { entities: [{ rows: ids.length }] },
    });
    expect(world.target.rows).toEqual(ids.map((id) => `Things: ${id}`));
  },
);

const AWAY_UNTIL = new Date("2026-03-01T10:00:33Z");

/** An import that is put off once, and then goes on in several attempts, each with time for one batch. */
async function live(killAt: number | null, sabotage: (ports: Ports) => Ports = (ports) => ports) {
  const change = (usual: Ports): Ports =>
    sabotage({
      ...usual,
      openTarget: (definition) => {
        if (usual.clock.now() < AWAY_UNTIL) {
          throw new AppError("target-unavailable", "Cannot reach the target: it is away");
        }
        return usual.openTarget(definition);
      },
    });
  const world = await sender(await makeWorld({ killAt, change }));
  const ids = Array.from({ length: 2 * BATCH_ROWS + 1 }, (_, index) => `row${index}`);
  await world.send(world.ordered, "1.csv", `id\r\n${ids.join("\r\n")}\r\n`);
  await world.survive(async (ports) => {
    for (let round = 0; round < 10; round++) {
      await drain(world.queue, (request) => {
        const end = new AbortController();
        return runImport(hurried(ports, end), request, end.signal);
      });
      world.clock.advance(70_000);
      await sendOwedImports(ports);
    }
  });
  const [submission] = (await world.ports.submissions.list(world.ordered, null, EVERYTHING)).items;
  const { attempts, continuations, postponements } = submission ?? {};
  return {
    points: world.killer.points,
    noted: { attempts, continuations, postponements },
    outcome: await world.outcome(),
  };
}

test("an import that is put off and continued, killed at any await, leaves what one that was never killed leaves (C10, C11)", async () => {
  const { points, noted, outcome: expected } = await live(null);
  expect(noted).toEqual({ attempts: 4, continuations: 2, postponements: 1 });
  expect(expected).toMatchObject({
    submissions: ["1.csv 1 processed 0  Things kept 2001-0-0"],
    ...{ owed: 0, strayFiles: 0 },
  });
  expect(expected.rows).toHaveLength(2_001);

  for await (const { end, killAt } of killedAtEach(points, live)) {
    expect(end.outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`imports that go on, kill at every await: ${points} points tried\n`);
}, 600_000);

/** Ports whose ticks never find what `isLost` says. */
function losing(isLost: (submission: Submission) => boolean): (ports: Ports) => Ports {
  return (ports) => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      owed: async (connectorId, limit) =>
        (await ports.submissions.owed(connectorId, limit)).filter((owed) => !isLost(owed)),
    },
  });
}

test.each([
  ["sending what goes on later (C10)", losing(({ continuations }) => continuations > 0)],
  ["sending what was put off (C11)", losing(({ postponements }) => postponements > 0)],
])(
  "the comparison notices that %s is missing",
  async (_, sabotage) => {
    const { points, outcome: expected } = await live(null);

    const liveAndDie = async (killAt: number | null) => {
      const { outcome } = await live(killAt, sabotage);
      return { ...outcome, owed: 0 };
    };
    expect(await endsOtherwise(expected, points, liveAndDie)).toBe(true);
  },
  600_000,
);

test("a file that takes long to be stored is not sent twice", async () => {
  const world = await sender(await makeWorld());
  const found = await world.ports.definitions.find("connectors", world.unordered);
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from("id\r\n");
    world.clock.advance(5 * 60_000);
    yield Buffer.from("a\r\n");
  }
  if (found?.body.direction !== "import") {
    throw new Error("the world has no such connector");
  }
  await receiveFile(
    world.ports,
    {
      ...{ connectorId: world.unordered, connector: found.body, applicationId: "partner" },
      ...{ entity: null, company: null, externalId: null, parentId: null },
    },
    slow(),
  );

  expect(await sendOwedImports(world.ports)).toBe(0);
  expect(world.queue).toHaveLength(1);
});
