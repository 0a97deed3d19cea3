import { afterEach, expect, test } from "vitest";
import { makeCertificate } from "../../infra/local/certificate.ts";
import {
  type Answerer,
  answer,
  type Receiver,
  webhookReceiver,
} from "../support/webhook-receiver.ts";
import { type WebhookWorld, webhookWorld } from "../support/world/webhooks.ts";

const HOUR_MS = 3_600_000;
const GIVE_UP_HOURS = 6;
const DEADLINE_MS = 1_000;
const FILES = 3;
const open: Receiver[] = [];

afterEach(() => {
  for (const receiver of open.splice(0)) {
    receiver.close();
  }
});

async function receiverOf(...args: Parameters<typeof webhookReceiver>): Promise<Receiver> {
  const receiver = await webhookReceiver(...args);
  open.push(receiver);
  return receiver;
}

interface Failing {
  readonly receiver: Receiver;
  readonly path?: string;
  readonly allowPrivate?: boolean;
}

/** Ten ways in which a receiver fails: each makes one, and the result that a file has at its end. */
const WAYS: readonly [name: string, make: () => Promise<Failing>, end: RegExp][] = [
  [
    "answers 500",
    async () => ({ receiver: await receiverOf(answer(500)) }),
    /^rejected.*answered 500/,
  ],
  [
    "answers 429 with Retry-After: 3600",
    async () => ({ receiver: await receiverOf(answer(429, { "retry-after": "3600" })) }),
    /^rejected.*answered 429/,
  ],
  [
    "hangs",
    async () => ({ receiver: await receiverOf(() => undefined) }),
    /^rejected.*no complete answer/,
  ],
  [
    "cuts the connection",
    async () => ({ receiver: await receiverOf((socket) => void socket.destroy()) }),
    /^rejected.*cannot be reached/,
  ],
  [
    "drips its headers",
    async () => ({ receiver: await receiverOf(drip) }),
    /^rejected.*no complete answer/,
  ],
  ["redirects to a private address", redirecting, /^rejected.*redirects are not followed/],
  [
    "has a wrong certificate",
    async () => ({ receiver: await receiverOf(answer(200), await makeCertificate()) }),
    /^rejected.*certificate/,
  ],
  [
    "answers 410",
    async () => ({ receiver: await receiverOf(answer(410)) }),
    /^enqueued.*answered 410/,
  ],
  ["answers 1 GB", async () => ({ receiver: await receiverOf(flood) }), /^acked/],
  [
    "has a name that turns private",
    async () => ({
      receiver: await receiverOf(answer(200), await makeCertificate()),
      allowPrivate: false,
    }),
    /^rejected.*private or loopback/,
  ],
];

let inside: Receiver | null = null;

async function redirecting(): Promise<Failing> {
  inside = await receiverOf(answer(200));
  return { receiver: await receiverOf(answer(307, { location: `${inside.base}/` })) };
}

const drip: Answerer = (socket) => {
  socket.write("HTTP/1.1 200 OK\r\n");
  const timer = setInterval(() => socket.write("x"), 50);
  socket.on("close", () => clearInterval(timer));
};

const flood: Answerer = (socket) => {
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
  const piece = Buffer.alloc(65_536, "x");
  const write = (): void => {
    if (!socket.destroyed) {
      socket.write(piece, write);
    }
  };
  write();
};

/** A world with a receiver that works, and one that fails, if any; each file of both is brought or given up. */
async function live(failing: Failing | null): Promise<{ world: WebhookWorld; good: Receiver }> {
  const world = await webhookWorld({ deadlineMs: DEADLINE_MS });
  const good = await receiverOf(answer(200));
  world.set("good", { url: `${good.base}/` });
  await world.subscribe("good");
  if (failing !== null) {
    const { receiver, allowPrivate = true } = failing;
    world.set("bad", { url: `${receiver.base}/hook?sig=canary-in-the-url`, allowPrivate });
    await world.subscribe("bad", { giveUpAfterHours: GIVE_UP_HOURS });
  }
  const start = world.clock.now().getTime();
  for (let file = 0; file < FILES; file++) {
    await world.publish();
    await world.runUntil(new Date(start + (file + 1) * 60_000), () => isComplete(world, file + 1));
  }
  await world.runUntil(new Date(start + 48 * HOUR_MS), () => isComplete(world, FILES));
  return { world, good };
}

/** Owed, delivered and parked files together are those that were published, at every moment. */
async function isComplete(world: WebhookWorld, published: number): Promise<void> {
  for (const name of ["good", "bad"]) {
    const { length } = await world.deliveries(name);
    expect([name, length === 0 || length === published]).toEqual([name, true]);
  }
}

async function timesOf(world: WebhookWorld): Promise<number[][]> {
  const start = Date.parse("2026-03-01T10:00:30Z");
  const deliveries = await world.deliveries("good");
  return deliveries.map(({ attempts }) => attempts.map(({ at }) => at.getTime() - start));
}

test("ten ways to fail: what was done about each, and another receiver notices nothing", async () => {
  const alone = await timesOf((await live(null)).world);
  expect(alone).toEqual([[0], [60_000], [120_000]]);

  const rows = await Promise.all(
    WAYS.map(async ([name, make, end]) => {
      const failing = await make();
      const { world, good } = await live(failing);
      const [first] = await world.deliveries("bad");
      const text = `${first?.state} ${first?.attempts.at(-1)?.failure ?? ""}`;
      expect([name, text]).toEqual([name, expect.stringMatching(end)]);
      // another receiver: the same attempts at the same times as alone
      expect([name, await timesOf(world)]).toEqual([name, alone]);
      expect(good.received).toHaveLength(FILES);
      expect(JSON.stringify([world.logged, await world.deliveries("bad")])).not.toContain("canary");
      return { name, text, attempts: first?.attempts ?? [], received: failing.receiver.received };
    }),
  );

  const byName = new Map(rows.map((row) => [row.name, row]));
  expect(inside?.received).toEqual([]);
  for (const name of ["has a wrong certificate", "has a name that turns private"]) {
    expect([name, byName.get(name)?.received]).toEqual([name, []]);
  }
  const asked = byName.get("answers 429 with Retry-After: 3600")?.attempts ?? [];
  const pauses = asked
    .slice(1)
    .map(({ at }, index) => at.getTime() - (asked[index]?.at.getTime() ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(HOUR_MS);
  expect(byName.get("answers 500")?.attempts.length).toBeGreaterThan(8);
  expect(byName.get("answers 410")?.attempts).toHaveLength(1);
  expect(byName.get("answers 1 GB")?.attempts).toHaveLength(1);
  process.stdout.write(table(rows));
}, 180_000);

function table(
  rows: readonly { name: string; text: string; attempts: readonly unknown[] }[],
): string {
  const lines = rows.map(
    ({ name, text, attempts }) =>
      `${name.padEnd(36)} ${String(attempts.length).padStart(3)} attempts  ${text}`,
  );
  return `${lines.join("\n")}\n`;
}

test("a receiver that hangs holds up nobody: the other's files are there while it still hangs", async () => {
  const world = await webhookWorld({ deadlineMs: 5_000 });
  const [good, bad] = [await receiverOf(answer(200)), await receiverOf(() => undefined)];
  for (const [name, receiver] of [["bad", bad] as const, ["good", good] as const]) {
    world.set(name, { url: `${receiver.base}/` });
    await world.subscribe(name);
  }
  const done: string[] = [];
  for (let file = 0; file < 8; file++) {
    await world.publish();
  }

  const bringing = ["bad", "good"].map(async (name) => {
    await world.bring(name);
    done.push(name);
  });
  await Promise.all(bringing);

  expect(done).toEqual(["good", "bad"]);
  expect(good.received).toHaveLength(8);
  expect((await world.deliveries("bad")).map(({ state }) => state)).not.toContain("rejected");
});
