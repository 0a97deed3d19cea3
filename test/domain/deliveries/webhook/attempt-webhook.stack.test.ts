import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { afterEach, expect, test, vi } from "vitest";
import { newSecret } from "../../../support/webhook-connection.ts";
import {
  type Answerer,
  answer,
  type Received,
  type Receiver,
  webhookReceiver,
} from "../../../support/webhook-receiver.ts";
import { attemptWorld } from "./attempt-world.ts";
import { aPublishedFile } from "./webhook-facts.ts";

const open: Receiver[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const receiver of open.splice(0)) {
    receiver.close();
  }
});

async function receiverOf(answerer: Answerer): Promise<Receiver> {
  const receiver = await webhookReceiver(answerer);
  open.push(receiver);
  return receiver;
}

/** Whether the unmodified libraries, with their own tolerance of five minutes, take a request. */
function verdicts(secret: string, { body, headers }: Received): readonly boolean[] {
  return [Standard, Svix].map((Library) => {
    try {
      new Library(secret).verify(body.toString(), { ...headers });
      return true;
    } catch {
      return false;
    }
  });
}

test("each attempt of three days verifies, while the secret changes twice", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const [a, b, c] = [newSecret(), newSecret(), newSecret()];
  const receiver = await receiverOf(answer(500));
  const world = attemptWorld({ url: `${receiver.base}/`, secrets: [a] });
  // hour, secrets of the app, secret of the receiver
  const plan = [
    [0, [a], a],
    [0.1, [a], a],
    [11, [b, a], a],
    [12, [b, a], b],
    [24, [b], b],
    [30, [c, b], b],
    [48, [c, b], c],
    [72, [c], c],
  ] as const;

  for (const [hour, secrets, receivers] of plan) {
    world.clock.set(new Date(Date.parse("2026-03-01T10:00:00Z") + hour * 3_600_000));
    vi.setSystemTime(world.clock.now());
    world.set({ url: `${receiver.base}/`, secrets });

    await world.attempt({ body: "business-event" });

    const last = receiver.received.at(-1);
    expect([hour, last && verdicts(receivers, last)]).toEqual([hour, [true, true]]);
  }
  const stable = receiver.received.map(({ headers, body }) => {
    const { EventId, ControlNumber } = JSON.parse(body.toString());
    return [headers["webhook-id"], EventId, ControlNumber];
  });
  expect(new Set(stable.map(String)).size).toBe(1);
  const times = receiver.received.map(({ headers }) => headers["webhook-timestamp"]);
  expect(new Set(times).size).toBe(plan.length);
  // a request of an earlier attempt is too old by now
  expect(receiver.received[0] && verdicts(a, receiver.received[0])).toEqual([false, false]);
});

test("the bytes that are signed are the bytes that are sent", async () => {
  const secret = newSecret();
  const receiver = await receiverOf(answer(200));
  const world = attemptWorld({ url: `${receiver.base}/`, secrets: [secret] });
  world.clock.set(new Date());
  const file = aPublishedFile({
    entity: 'Ärtikel "\u2028" / <b> 😀',
    window: { from: "9007199254740993", to: "\u0000" },
  });

  for (const body of ["metadata", "cloudevent", "business-event"] as const) {
    await world.attempt({ body }, { file });
  }

  for (const request of receiver.received) {
    expect(verdicts(secret, request)).toEqual([true, true]);
    expect(Number(request.headers["content-length"])).toBe(request.body.byteLength);
  }
  expect(receiver.received).toHaveLength(3);
});

test("each attempt has a link of its own, which lives for as long as the definition says", async () => {
  const receiver = await receiverOf(answer(500));
  const world = attemptWorld({ url: `${receiver.base}/` });
  const via = { body: "business-event", downloadUrlMinutes: 90 } as const;

  await world.attempt(via);
  world.clock.advance(36 * 3_600_000);
  await world.attempt(via);

  const ends = receiver.received.map(
    ({ body }) => JSON.parse(body.toString()).DownloadURLExpiresAt,
  );
  expect(ends).toEqual(["2026-03-01T11:30:00.000Z", "2026-03-02T23:30:00.000Z"]);
});

test("secrets stay inside: URL, headers and keys, even when the receiver repeats them", async () => {
  const secret = newSecret();
  const echo: Answerer = (socket, request) =>
    answer(
      500,
      { "retry-after": "canary-value" },
      `${request.target} ${JSON.stringify(request.headers)} ${secret} ${request.body}`,
    )(socket, request);
  const receiver = await receiverOf(echo);
  const world = attemptWorld({
    url: `${receiver.base}/hook-canary/x?sig=canary-value&code=canary`,
    secrets: [secret],
    headers: { "x-api-key": "canary-key" },
  });

  const results = [
    await world.attempt({ body: "cloudevent" }),
    await world.attempt({ handshake: "event-grid" }),
    await world.attempt({ handshake: "cloudevents" }),
  ];
  receiver.close();
  results.push(await world.attempt());
  world.set({ url: "https://canary-host.invalid/hook-canary", secrets: [secret] });
  results.push(await world.attempt());

  const told = JSON.stringify([results, world.told]);
  expect(told).toContain("***");
  expect(told.replaceAll("canary-host", "")).not.toContain("canary");
  expect(told).not.toContain(secret.slice(6));
});
