import { expect, test } from "vitest";
import { runImport } from "../../src/domain/imports/run-import.ts";
import { sendOwedImports } from "../../src/domain/imports/send-owed-imports.ts";
import type { Ports } from "../../src/domain/ports.ts";
import {
  requeueSubmission,
  resendSubmission,
} from "../../src/domain/submissions/requeue-submission.ts";
import type { Submission } from "../../src/domain/submissions/submission.ts";
import { type Sender, sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

const HOUR_MS = 3_600_000;

async function aWorld(): Promise<Sender> {
  return sender(await makeWorld());
}

async function found(world: Sender, id: string): Promise<Submission> {
  return (await world.ports.submissions.find(id)) as Submission;
}

/** Handles what is in the queue, as it is; no tick. */
async function drain(world: Sender, ports: Ports = world.ports): Promise<void> {
  for (let next = world.queue.shift(); next !== undefined; next = world.queue.shift()) {
    await runImport(ports, next, new AbortController().signal);
  }
}

test("a target that is away puts a submission off; in an ordered connector the others wait behind it", async () => {
  const world = await aWorld();
  world.target.goAway();
  const first = await world.send(world.ordered, "1.csv", "id\r\na\r\n");
  await world.send(world.ordered, "2.csv", "id\r\nb\r\n");
  await drain(world);

  const waiting = await found(world, first);
  expect(waiting).toMatchObject({
    state: "enqueued",
    postponements: 1,
    failure: { code: "target-unavailable", message: "Cannot reach the target: it is away" },
  });
  expect(await sendOwedImports(world.ports)).toBe(0);
  world.target.comeBack();
  const elsewhere = await world.send(world.unordered, "3.csv", "id\r\nc\r\n");
  await drain(world);
  expect((await found(world, elsewhere)).state).toBe("processed");
  expect(world.target.rows).toEqual(["Things: c"]);

  world.clock.set(waiting.dueAt);
  expect(await sendOwedImports(world.ports)).toBe(1);
  await drain(world);

  expect(world.target.rows).toEqual(["Things: c", "Things: a", "Things: b"]);
  expect((await found(world, first)).state).toBe("processed");
});

test("a target that stays away sets the submission aside with its reason, and the next goes on", async () => {
  const world = await aWorld();
  world.target.goAway();
  const poisoned = await world.send(world.ordered, "1.csv", "id\r\na\r\n");
  const next = await world.send(world.ordered, "2.csv", "id\r\nb\r\n");
  let rounds = 0;
  while ((await found(world, poisoned)).state === "enqueued") {
    await drain(world);
    world.clock.advance(8 * HOUR_MS);
    await sendOwedImports(world.ports);
    rounds++;
  }

  expect(rounds).toBe(11);
  expect(await found(world, poisoned)).toMatchObject({
    state: "dead-lettered",
    failure: { code: "target-unavailable" },
  });
  world.target.comeBack();
  const { dueAt } = await found(world, next);
  world.clock.set(dueAt);
  await world.settle();
  expect((await found(world, next)).state).toBe("processed");

  const requeued = await requeueSubmission(world.ports, poisoned);
  await drain(world);

  expect(requeued.executionId).not.toBe(requeued.earlierExecutionIds[0]);
  expect((await found(world, poisoned)).state).toBe("processed");
  expect(world.target.rows).toEqual(["Things: b", "Things: a"]);
});

test("of two workers with the same submission one ends it, and nothing is doubled", async () => {
  const world = await aWorld();
  const rows = Array.from({ length: 30 }, (_, index) => `row${index}`);
  const ids = [
    await world.send(world.unordered, "1.csv", `id\r\n${rows.join("\r\n")}\r\n,\r\n`),
    await world.send(world.ordered, "2.csv", `id\r\n${rows.join("\r\n")}\r\n,\r\n`),
  ];
  const requests = world.queue.splice(0);

  await Promise.all(
    [1, 2, 3, 4].flatMap(() =>
      requests.map((request) => runImport(world.ports, request, new AbortController().signal)),
    ),
  );
  await world.settle();

  const outcome = await world.outcome();
  expect(outcome).toMatchObject({ owed: 0, strayFiles: 0 });
  expect([...outcome.rows].sort()).toEqual(
    [...rows, ...rows].map((row) => `Things: ${row}`).sort(),
  );
  for (const id of ids) {
    expect((await found(world, id)).state).toBe("processed-with-errors");
  }
});

test("an attempt whose submission was taken over stops in the middle of its rows", async () => {
  const world = await aWorld();
  const rows = Array.from({ length: 5_000 }, (_, index) => `row${index}`);
  const id = await world.send(world.unordered, "1.csv", `id\r\n${rows.join("\r\n")}\r\n`);
  const [request] = world.queue.splice(0);
  if (request === undefined) {
    throw new Error("nothing was sent");
  }
  const run = (ports: Ports) => runImport(ports, request, new AbortController().signal);
  let batches = 0;
  const slow: Ports = {
    ...world.ports,
    openTarget: () => ({
      open: async (open) => {
        const writer = await world.target.open().open(open);
        return {
          ...writer,
          write: async (batch, firstRow) => {
            batches++;
            const failures = await writer.write(batch, firstRow);
            // it was silent for too long, and another worker takes over
            world.clock.advance(60_000);
            await run(world.ports);
            return failures;
          },
        };
      },
    }),
  };

  await run(slow);

  expect(batches).toBe(1);
  expect((await found(world, id)).state).toBe("processed");
  expect(world.target.rows).toHaveLength(5_000);
});

test("rows of one run all go by one definition: a change after they were begun ends the run", async () => {
  const world = await aWorld();
  const id = await world.send(world.unordered, "1.csv", "id\r\na\r\n");
  const breaking: Ports = {
    ...world.ports,
    openTarget: () => ({
      open: async (request) => ({
        ...(await world.target.open().open(request)),
        commit: async () => {
          world.target.goAway();
          await world.target.open().open(request);
        },
      }),
    }),
  };
  await drain(world, breaking);
  world.target.comeBack();
  const { importId, dueAt } = await found(world, id);
  const stored = await world.ports.definitions.find("imports", importId);
  if (stored === null) {
    throw new Error("the import is gone");
  }
  const changed = { ...stored.body, description: "changed" };
  await world.ports.definitions.put(
    "imports",
    { ...stored, body: changed, updatedBy: "operator" },
    "*",
  );
  world.clock.set(dueAt);
  await world.settle();

  expect(await found(world, id)).toMatchObject({
    state: "postprocessing-failed",
    failure: { code: "definition-changed" },
  });
  await requeueSubmission(world.ports, id);
  await world.settle();
  expect((await found(world, id)).state).toBe("processed");
});

test("of an ordered connector only the oldest submission is sent again, and its run goes on with the others", async () => {
  const world = await aWorld();
  for (const id of ["a", "b", "c"]) {
    await world.send(world.ordered, `${id}.csv`, `id\r\n${id}\r\n`);
  }
  world.queue.length = 0;
  world.clock.advance(61_000);

  expect(await sendOwedImports(world.ports)).toBe(1);
  await drain(world);

  expect(world.target.rows).toEqual(["Things: a", "Things: b", "Things: c"]);
});

test("a run that was lost on the way is sent again, ever more rarely", async () => {
  const world = await aWorld();
  const id = await world.send(world.unordered, "1.csv", "id\r\na\r\n");
  const sentAfterMinutes: number[] = [];
  const start = world.clock.now().getTime();
  while (sentAfterMinutes.length < 4) {
    world.queue.length = 0;
    world.clock.advance(60_000);
    if ((await sendOwedImports(world.ports)) === 1) {
      sentAfterMinutes.push((world.clock.now().getTime() - start) / 60_000);
    }
  }
  expect(sentAfterMinutes).toEqual([2, 4, 7, 12]);

  world.queue.length = 0;
  await resendSubmission(world.ports, id);
  expect(world.queue).toEqual([
    {
      kind: "import",
      connectorId: world.unordered,
      submissionId: id,
      applicationId: expect.any(String),
      ordered: false,
      sentAtMs: world.clock.now().getTime(),
    },
  ]);
  await drain(world);
  await expect(resendSubmission(world.ports, id)).rejects.toMatchObject({
    code: "submission-not-failed",
  });
  await expect(requeueSubmission(world.ports, id)).rejects.toMatchObject({
    code: "submission-not-failed",
  });
});
