import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { liveExport } from "../support/lives.ts";
import { type SubscriberOutcome, subscriber } from "../support/world/subscriber.ts";
import { makeWorld } from "../support/world/world.ts";

async function liveAndDie(
  killAt: number | null,
  sabotage?: (ports: Ports) => Ports,
): Promise<SubscriberOutcome> {
  return liveExport(await subscriber(await makeWorld({ killAt, change: sabotage })));
}

test("a process killed at any await of a tick, a run, a fan-out, a dequeue or an acknowledgement leaves what one that was never killed leaves (C13, C14, C15, C17, C18, C19, C20, C21, C22, C24, C25)", async () => {
  const undisturbed = await subscriber(await makeWorld());
  const expected = await liveExport(undisturbed);
  const { points } = undisturbed.killer;
  expect(expected.ledger.map(({ content }) => content)).toEqual([
    '{"id":"a","value":1}\n{"id":"b","value":2}\n{"id":"c","value":3}\n',
    '{"id":"b","value":20}\n{"id":"d","value":4}\n',
  ]);
  expect(expected).toMatchObject({ strayFiles: 0, unannounced: 0, unfinishedRuns: 0 });
  expect(expected.delivered).toEqual(["1 acked", "2 acked"]);

  for (let killAt = 1; killAt <= points; killAt++) {
    const outcome = await liveAndDie(killAt);
    expect(outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`kill at every await: ${points} points tried\n`);
}, 600_000);

/** Each takes one safeguard out; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
  "the guard of a schedule's mark (C13)": (ports) => ({
    ...ports,
    runs: {
      ...ports.runs,
      claim: async (slot, run, mark) => {
        const claimed = await ports.runs.claim(slot, run, mark);
        if (!claimed && run !== null) {
          await ports.runs.request(run);
        }
        return true;
      },
    },
  }),
  "one ledger entry for each run (C18)": (ports) => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      append: (draft) => ports.ledger.append({ ...draft, originId: ports.ids.guid() }),
    },
  }),
  "one delivery for each ledger entry (C21)": (ports) => ({
    ...ports,
    deliveries: {
      ...ports.deliveries,
      insert: (delivery) => ports.deliveries.insert({ ...delivery, id: ports.ids.guid() }),
    },
  }),
  "sending again what was queued and never begun (C14)": (ports) => ({
    ...ports,
    // only the first message of a run arrives
    runQueue: {
      send: async (request) =>
        "revision" in request && request.revision === 0 ? ports.runQueue.send(request) : undefined,
    },
  }),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices that %s is missing",
  async (_, sabotage) => {
    const undisturbed = await subscriber(await makeWorld());
    const expected = await liveExport(undisturbed);

    let noticed = false;
    for (let killAt = 0; killAt <= undisturbed.killer.points && !noticed; killAt++) {
      // a missing file may be looked for where none was ever made
      const outcome = await liveAndDie(killAt === 0 ? null : killAt, sabotage).catch(() => null);
      noticed = !isDeepStrictEqual(outcome, expected);
    }

    expect(noticed).toBe(true);
  },
  600_000,
);
