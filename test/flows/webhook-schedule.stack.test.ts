import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { afterEach, expect, test, vi } from "vitest";
import { newSecret } from "../support/webhook-connection.ts";
import {
  answer,
  type Received,
  type Receiver,
  webhookReceiver,
} from "../support/webhook-receiver.ts";
import { webhookWorld } from "../support/world/webhooks.ts";

const HOUR_MS = 3_600_000;
const open: Receiver[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const receiver of open.splice(0)) {
    receiver.close();
  }
});

/** Whether the unmodified libraries, with their own tolerance of five minutes, take a request. */
function isVerified(secret: string, { body, headers }: Received): boolean {
  return [Standard, Svix].every((Library) => {
    try {
      new Library(secret).verify(body.toString(), { ...headers });
      return true;
    } catch {
      return false;
    }
  });
}

test("standardwebhooks and svix verify every attempt of three days, while the secret changes twice", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const [a, b, c] = [newSecret(), newSecret(), newSecret()];
  const world = await webhookWorld();
  const start = world.clock.now().getTime();
  /** By hour: the app's secrets, and the one that the receiver knows. */
  const plan = [
    { from: 0, secrets: [a], known: a },
    { from: 10, secrets: [b, a], known: a },
    { from: 20, secrets: [b, a], known: b },
    { from: 30, secrets: [b], known: b },
    { from: 40, secrets: [c, b], known: b },
    { from: 50, secrets: [c, b], known: c },
    { from: 60, secrets: [c], known: c },
  ];
  const verdicts: boolean[] = [];
  let known = a;
  const receiver = await webhookReceiver((socket, request) => {
    vi.setSystemTime(world.clock.now());
    verdicts.push(isVerified(known, request));
    return answer(500)(socket, request);
  });
  open.push(receiver);
  world.set("partner", { url: `${receiver.base}/`, secrets: [a] });
  await world.subscribe("partner", { body: "business-event" });
  await world.publish();

  for (const [index, { secrets, known: next }] of plan.entries()) {
    known = next;
    world.set("partner", { url: `${receiver.base}/`, secrets });
    await world.runUntil(new Date(start + (plan[index + 1]?.from ?? 100) * HOUR_MS));
  }

  const [delivery] = await world.deliveries("partner");
  expect(delivery).toMatchObject({ state: "rejected" });
  expect(verdicts.length).toBeGreaterThan(15);
  expect(verdicts).toEqual(verdicts.map(() => true));
  expect(delivery?.attempts.at(-1)?.at.getTime()).toBeGreaterThan(start + 70 * HOUR_MS);
  // the delivery keeps its identity, each attempt has its own time and link
  const bodies = receiver.received.map(({ body }) => JSON.parse(body.toString()));
  const idsOf = (facts: readonly unknown[]) => new Set(facts).size;
  expect(idsOf(receiver.received.map(({ headers }) => headers["webhook-id"]))).toBe(1);
  expect(idsOf(bodies.map(({ EventId, ControlNumber }) => `${EventId} ${ControlNumber}`))).toBe(1);
  expect(idsOf(bodies.map(({ DownloadURLExpiresAt }) => DownloadURLExpiresAt))).toBe(bodies.length);
  expect(bodies.map(({ Repeated }) => Repeated)).toEqual(bodies.map((_, index) => index > 0));
});

test("with `hold` a parked file holds up the later ones; with `skip` they come without it", async () => {
  for (const [whenParked, states] of [
    ["skip", ["rejected", "acked", "acked"]],
    ["hold", ["rejected", "enqueued", "enqueued"]],
  ] as const) {
    const world = await webhookWorld();
    const receiver = await webhookReceiver((socket, request) => {
      const { properties } = JSON.parse(request.body.toString());
      return answer(properties.sequence === 1 ? 400 : 200)(socket, request);
    });
    open.push(receiver);
    world.set("partner", { url: `${receiver.base}/` });
    await world.subscribe("partner", { ordered: true, whenParked, giveUpAfterHours: 1 });
    const start = world.clock.now().getTime();
    for (let file = 0; file < 3; file++) {
      await world.publish();
    }

    await world.runUntil(new Date(start + 10 * HOUR_MS));

    const deliveries = await world.deliveries("partner");
    expect([whenParked, deliveries.map(({ state }) => state)]).toEqual([whenParked, states]);
    const numbers = receiver.received.map(
      ({ body }) => JSON.parse(body.toString()).properties.sequence,
    );
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
  }
});
