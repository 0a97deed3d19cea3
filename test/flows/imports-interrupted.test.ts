import { expect, test } from "vitest";
import { runImport } from "../../src/domain/imports/run-import.ts";
import type { Ports } from "../../src/domain/ports.ts";
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

/** Runs an import in a process that dies when it has come to the target: nothing is heard of it again. */
async function dieAtTarget(ports: Ports, request: Sender["queue"][number]): Promise<void> {
  const never = new Promise<never>(() => undefined);
  let isDead = false;
  await new Promise<void>((resolve) => {
    const dying: Ports = {
      ...ports,
      submissions: {
        ...ports.submissions,
        replace: (before, after) => (isDead ? never : ports.submissions.replace(before, after)),
      },
      openTarget: () => ({
        open: () => {
          isDead = true;
          resolve();
          return never;
        },
      }),
    };
    void runImport(dying, request, new AbortController().signal);
  });
}

test("an import whose time ends before the target has kept a row ends with the reason", async () => {
  const world = await aWorld();
  const id = await world.send(world.ordered, "1.csv", "id\r\na\r\n");
  const next = await world.send(world.ordered, "2.csv", "id\r\nb\r\n");
  const [request] = world.queue.splice(0);
  const end = new AbortController();
  const slow: Ports = {
    ...world.ports,
    openTarget: () => ({
      open: async () => {
        end.abort(new Error("the time is up"));
        throw end.signal.reason;
      },
    }),
  };
  if (request === undefined) {
    throw new Error("nothing was sent");
  }

  await runImport(slow, request, end.signal);
  await runImport(world.ports, request, new AbortController().signal);

  expect(await found(world, id)).toMatchObject({
    state: "preprocessing-failed",
    attempts: 1,
    failure: { code: "run-too-long", message: expect.stringContaining("divide the file") },
  });
  expect((await found(world, next)).state).toBe("processed");
});

test("an ordered connector's next import is begun in an invocation that has time for it", async () => {
  const world = await aWorld();
  const first = await world.send(world.ordered, "1.csv", "id\r\na\r\n");
  const next = await world.send(world.ordered, "2.csv", "id\r\nb\r\n");
  const [request] = world.queue.splice(0);
  const slow: Ports = {
    ...world.ports,
    openTarget: (definition) => ({
      open: (request) => {
        world.clock.advance(3 * 60_000);
        return world.ports.openTarget(definition).open(request);
      },
    }),
  };
  if (request === undefined) {
    throw new Error("nothing was sent");
  }

  await runImport(slow, request, new AbortController().signal);

  expect((await found(world, first)).state).toBe("processed");
  expect((await found(world, next)).state).toBe("enqueued");
  expect(world.queue).toEqual([expect.objectContaining({ submissionId: next })]);
  await runImport(world.ports, request, new AbortController().signal);
  expect((await found(world, next)).state).toBe("processed");
});

test("a submission at which every attempt dies is set aside, and does not hold its connector up", async () => {
  const world = await aWorld();
  const poisoned = await world.send(world.ordered, "1.csv", "id\r\ndeadly\r\n");
  const next = await world.send(world.ordered, "2.csv", "id\r\nb\r\n");
  const [request] = world.queue.splice(0);
  if (request === undefined) {
    throw new Error("nothing was sent");
  }

  for (let attempt = 1; attempt <= 10; attempt++) {
    await dieAtTarget(world.ports, request);
    expect(await found(world, poisoned)).toMatchObject({
      state: "preprocessing",
      attempts: attempt,
    });
    world.clock.advance(8 * HOUR_MS);
  }
  await runImport(world.ports, request, new AbortController().signal);

  expect(await found(world, poisoned)).toMatchObject({
    state: "dead-lettered",
    failure: { code: "run-given-up" },
  });
  expect((await found(world, next)).state).toBe("processed");
});
