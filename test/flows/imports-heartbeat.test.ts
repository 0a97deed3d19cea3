import { afterEach, expect, test, vi } from "vitest";
import { runImport } from "../../src/domain/imports/run-import.ts";
import { sendOwedImports } from "../../src/domain/imports/send-owed-imports.ts";
import type { Ports } from "../../src/domain/ports.ts";
import type { Submission } from "../../src/domain/submissions/submission.ts";
import { aDeletion } from "../support/stored-things.ts";
import { type Sender, sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

const ROWS = ["a", "b", "c"];
const FILE = `id\r\n${ROWS.join("\r\n")}\r\n`;

afterEach(() => {
  vi.useRealTimers();
});

/** An import whose target keeps it waiting in its first batch, with a clock and timers that the test moves. */
async function stuckImport(
  kind: "ordered" | "unordered",
  overrides: (ports: Ports) => Ports = same,
) {
  const world = await sender(await makeWorld());
  const id = await world.send(world[kind], "1.csv", FILE);
  const [request] = world.queue.splice(0);
  if (request === undefined) {
    throw new Error("nothing was sent");
  }
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const signals: AbortSignal[] = [];
  const ports: Ports = overrides({
    ...world.ports,
    openTarget: () => ({
      open: async (open) => {
        signals.push(open.signal);
        const writer = await world.target.open().open(open);
        return {
          ...writer,
          write: async (batch, firstRow) => {
            begun.resolve();
            await released.promise;
            return writer.write(batch, firstRow);
          },
        };
      },
    }),
  });
  const run = runImport(ports, request, new AbortController().signal);
  await begun.promise;
  return { world, id, request, run, release: released.resolve, signal: signals[0] };
}

function same(ports: Ports): Ports {
  return ports;
}

async function found(world: Sender, id: string): Promise<Submission> {
  return (await world.ports.submissions.find(id)) as Submission;
}

/** Time goes by in steps in which a heartbeat is due, and each has been written before the next. */
async function live(world: Sender, id: string, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const { revision } = await found(world, id);
    world.clock.advance(15_000);
    vi.advanceTimersByTime(5_000);
    await vi.waitFor(async () => expect((await found(world, id)).revision).toBe(revision + 1), {
      timeout: 10_000,
    });
  }
}

test.each(["ordered", "unordered"] as const)(
  "an import that waits long for its target is sent to nobody else, and left alone by who gets it all the same (%s)",
  async (kind) => {
    const { world, id, request, run, release } = await stuckImport(kind);

    await live(world, id, 8);

    expect(await sendOwedImports(world.ports)).toBe(0);
    await runImport(world.ports, request, new AbortController().signal);
    expect(await found(world, id)).toMatchObject({ state: "processing", attempts: 1 });
    release();
    await run;
    expect(await found(world, id)).toMatchObject({ state: "processed", attempts: 1 });
    expect(world.target.rows).toEqual(ROWS.map((row) => `Things: ${row}`));
  },
);

test("an import whose worker has died is sent again within a minute, and no sooner than it is certain", async () => {
  const { world, id } = await stuckImport("unordered");
  // the process is gone: no timer of it fires any more
  vi.clearAllTimers();

  world.clock.advance(44_000);
  expect(await sendOwedImports(world.ports)).toBe(0);
  world.clock.advance(2_000);
  expect(await sendOwedImports(world.ports)).toBe(1);

  const [request] = world.queue.splice(0);
  await runImport(
    world.ports,
    { ordered: false, ...request } as never,
    new AbortController().signal,
  );
  expect(await found(world, id)).toMatchObject({ state: "processed", attempts: 2 });
});

test("an attempt that was taken over is told to stop by its next heartbeat, and ends nothing", async () => {
  const { world, id, request, run, release, signal } = await stuckImport("unordered");
  world.clock.advance(60_000);
  await runImport(world.ports, request, new AbortController().signal);
  expect(await found(world, id)).toMatchObject({ state: "processed", attempts: 2 });

  vi.advanceTimersByTime(5_000);
  await vi.waitFor(() => expect(signal?.aborted).toBe(true), { timeout: 10_000 });
  const { revision } = await found(world, id);
  release();
  await run;

  expect((await found(world, id)).revision).toBe(revision);
});

test("a heartbeat that cannot be written ends nothing", async () => {
  let isAway = false;
  const { world, id, run, release } = await stuckImport("unordered", (ports) => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      replace: (before, after) =>
        isAway
          ? Promise.reject(new Error("storage is away"))
          : ports.submissions.replace(before, after),
    },
  }));
  isAway = true;
  world.clock.advance(15_000);
  vi.advanceTimersByTime(5_000);
  isAway = false;
  await live(world, id, 1);

  release();
  await run;

  expect(await found(world, id)).toMatchObject({ state: "processed", attempts: 1 });
});

test("a change whose answer was lost is known again as the attempt's own", async () => {
  let lose = false;
  const { world, id, run, release } = await stuckImport("unordered", (ports) => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      replace: async (before, after) => {
        const isDone = await ports.submissions.replace(before, after);
        if (lose) {
          lose = false;
          throw new Error("the answer was lost");
        }
        return isDone;
      },
    },
  }));
  lose = true;
  await live(world, id, 1);
  await live(world, id, 1);

  release();
  await run;

  expect(await found(world, id)).toMatchObject({ state: "processed", attempts: 1 });
});

test("a queue that is away makes nothing wait longer: the tick after it is back sends everything", async () => {
  const world = await sender(await makeWorld());
  const ids = [
    await world.send(world.ordered, "1.csv", FILE),
    await world.send(world.unordered, "2.csv", FILE),
  ];
  world.queue.length = 0;
  const away: Ports = {
    ...world.ports,
    runQueue: { send: () => Promise.reject(new Error("the queue is away")) },
  };
  for (let minute = 0; minute < 30; minute++) {
    world.clock.advance(61_000);
    await expect(sendOwedImports(away)).rejects.toThrow("the queue is away");
  }

  expect(await sendOwedImports(world.ports)).toBe(2);
  expect(world.queue.map(({ submissionId }) => submissionId).sort()).toEqual([...ids].sort());
});

test("a file of a connector that was deleted is owed like any other", async () => {
  const world = await sender(await makeWorld());
  await world.send(world.unordered, "1.csv", FILE);
  world.queue.length = 0;
  const stored = await world.ports.definitions.find("connectors", world.unordered);
  await world.ports.definitions.delete(
    "connectors",
    world.unordered,
    aDeletion(stored?.etag ?? ""),
  );
  world.clock.advance(61_000);

  expect(await sendOwedImports(world.ports)).toBe(1);
});

test("a message that is worked on before the tick has noted that it was sent again is worked on all the same", async () => {
  const world = await sender(await makeWorld());
  const id = await world.send(world.unordered, "1.csv", FILE);
  world.queue.length = 0;
  world.clock.advance(61_000);
  const noted = Promise.withResolvers<void>();
  const quick: Ports = {
    ...world.ports,
    submissions: {
      ...world.ports.submissions,
      replace: async (before, after) => {
        // the tick is in between: after the worker has read the message, and before it begins
        noted.resolve();
        await ticked;
        return world.ports.submissions.replace(before, after);
      },
    },
  };
  const run = runImport(
    quick,
    { connectorId: world.unordered, submissionId: id, ordered: false },
    new AbortController().signal,
  );
  const ticked = noted.promise.then(() => sendOwedImports(world.ports));
  await run;

  expect(await found(world, id)).toMatchObject({ state: "processed", attempts: 1 });
});
