import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { newSecret } from "../support/webhook-connection.ts";
import { answer, type Receiver, webhookReceiver } from "../support/webhook-receiver.ts";
import { webhookWorld } from "../support/world/webhooks.ts";

const HOUR_MS = 3_600_000;
let receiver: Receiver;
/** A receiver that agrees to be called, and fails each file's first attempt. By life, because lives go on side by side. */
const seen = new Map<string, string[]>();

beforeAll(async () => {
  receiver = await webhookReceiver((socket, request) => {
    const [, life = ""] = request.target.split("/");
    if (request.method === "OPTIONS") {
      return answer(200, { "webhook-allowed-origin": "*" })(socket, request);
    }
    const ids = seen.get(life) ?? [];
    seen.set(life, [...ids, request.headers["webhook-id"] ?? ""]);
    return answer(ids.includes(request.headers["webhook-id"] ?? "") ? 200 : 503)(socket, request);
  });
});

afterAll(() => receiver.close());

async function live(
  killAt: number | null,
  sabotage?: (ports: Ports) => Partial<Ports>,
): Promise<{ outcome: unknown; points: number }> {
  const life = newSecret().replaceAll(/\W/g, "");
  const world = await webhookWorld({ killAt, change: sabotage });
  world.set("partner", { url: `${receiver.base}/${life}/` });
  await world.subscribe("partner", { body: "business-event", handshake: "cloudevents" });
  const start = world.clock.now().getTime();
  await world.publish();
  await world.publish();
  await world.runUntil(new Date(start + HOUR_MS));
  await world.tick();
  await world.runUntil(new Date(start + 2 * HOUR_MS));
  const deliveries = await world.deliveries("partner");
  return {
    outcome: {
      states: deliveries.map(({ file, state }) => [file.sequence, state]),
      received: new Set(seen.get(life)).size,
      isConsentKept: (await world.ports.consents.find("partner"))?.agreed,
    },
    points: world.killer.points,
  };
}

test("a process killed at any await of a webhook's attempts leaves what one that was never killed leaves (C29, C30, C31)", async () => {
  const { outcome: expected, points } = await live(null);
  expect(expected).toEqual({
    states: [
      [1, "acked"],
      [2, "acked"],
    ],
    received: 2,
    isConsentKept: true,
  });

  for await (const { end, killAt } of killedAtEach(points, live)) {
    expect(end.outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`kill at every await of a webhook's attempts: ${points} points tried\n`);
}, 180_000);

test("without the safeguard that the end of a lease lets others take it, a kill is seen", async () => {
  const { outcome: expected, points } = await live(null);
  const change = (ports: Ports) => ({
    deliveries: {
      ...ports.deliveries,
      ready: async (...args: Parameters<Ports["deliveries"]["ready"]>) =>
        (await ports.deliveries.ready(...args)).filter(({ state }) => state === "enqueued"),
    },
  });
  const outcomeOf = async (killAt: number | null) => (await live(killAt, change)).outcome;

  expect(await endsOtherwise(expected, points, outcomeOf)).toBe(true);
}, 180_000);
