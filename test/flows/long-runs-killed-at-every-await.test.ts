import { expect, test } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import {
  type Subscriber,
  type SubscriberOutcome,
  subscriber,
} from "../support/world/subscriber.ts";
import { makeWorld } from "../support/world/world.ts";

const AWAY_UNTIL = new Date("2026-03-01T11:00:08Z");

async function aWorld(
  killAt: number | null,
  sabotage: (ports: Ports) => Ports = (ports) => ports,
): Promise<Subscriber> {
  const change = (usual: Ports) =>
    sabotage({
      ...usual,
      openSource: (definition) => {
        if (usual.clock.now() < AWAY_UNTIL) {
          throw new AppError("source-unavailable", "Cannot read the table: it is away");
        }
        return usual.openSource(definition);
      },
    });
  return subscriber(await makeWorld({ killAt, change }), AbortSignal.abort());
}

/** A run that is put off once, and then needs four invocations; a row changes when it has ended. */
async function live(world: Subscriber): Promise<SubscriberOutcome> {
  for (const id of ["a", "b", "c", "d", "e"]) {
    world.table.set(id, 1);
  }
  world.clock.set("2026-03-01T11:00:05Z");
  await world.settle();
  world.clock.advance(10_000);
  await world.settle();
  world.table.set("b", 20);
  world.clock.set("2026-03-01T12:00:05Z");
  await world.settle();
  return world.outcome();
}

test("a run that is put off and goes on in several invocations, killed at any await, leaves what one that was never killed leaves (C15, C16, C17)", async () => {
  const undisturbed = await aWorld(null);
  const expected = await live(undisturbed);
  const { points } = undisturbed.killer;
  expect(expected.ledger.map(({ content }) => content)).toEqual([
    ["a", "b", "c", "d", "e"].map((id) => `{"id":"${id}","value":1}\n`).join(""),
    '{"id":"b","value":20}\n',
  ]);
  expect(expected).toMatchObject({ strayFiles: 0, unannounced: 0, unfinishedRuns: 0 });
  expect(expected.delivered).toEqual(["1 acked", "2 acked"]);

  const liveAndDie = async (killAt: number) => live(await aWorld(killAt));
  for await (const { end, killAt } of killedAtEach(points, liveAndDie)) {
    expect(end, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`long runs, kill at every await: ${points} points tried\n`);
}, 600_000);

/** Each takes one safeguard out; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
  "the attempt in the names of pieces (C17)": (ports) => {
    const short = (piece: string): string => piece.slice(-6);
    return {
      ...ports,
      files: {
        ...ports.files,
        stage: (path, piece, content) => ports.files.stage(path, short(piece), content),
        assemble: (path, file) =>
          ports.files.assemble(path, { ...file, pieces: file.pieces.map(short) }),
      },
    };
  },
  "the exact place in the checkpoint (C16)": (ports) => ({
    ...ports,
    openSource: (definition) => ({
      read: (request) => {
        const place = request.place ? JSON.parse(request.place) : null;
        const behind = place && JSON.stringify({ ...place, taken: place.taken + 1 });
        return ports.openSource(definition).read({ ...request, place: behind });
      },
    }),
  }),
  "sending again what is put off or silent": (ports) => ({
    ...ports,
    // only the first message of a run arrives
    runQueue: {
      send: async (request) =>
        "revision" in request && request.revision === 0 ? ports.runQueue.send(request) : undefined,
    },
  }),
  "the cursor of the first read": (ports) => ({
    ...ports,
    openSource: (definition) => ({
      read: async (request) => {
        const read = await ports.openSource(definition).read(request);
        return request.place ? { ...read, nextCursor: () => "999" } : read;
      },
    }),
  }),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices that %s is missing",
  async (_, sabotage) => {
    const undisturbed = await aWorld(null);
    const expected = await live(undisturbed);

    const liveAndDie = async (killAt: number | null) =>
      live(await aWorld(killAt, sabotage)).catch(() => null);
    expect(await endsOtherwise(expected, undisturbed.killer.points, liveAndDie)).toBe(true);
  },
  600_000,
);
