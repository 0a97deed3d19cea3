import { expect, test } from "vitest";
import {
  acknowledged,
  dequeued,
  expired,
  isTakeable,
  type Message,
  rejected,
  requeued,
} from "../../src/domain/deliveries/message.ts";
import { PASSING_FAULTS, useFaultyStorage } from "../support/faulty-storage.ts";
import { aMessage } from "../support/stored-things.ts";

const storage = useFaultyStorage();

const NOW = new Date("2026-03-01T11:00:00Z");
const LATER = new Date("2026-03-02T11:00:00Z");

function leased(message: Message, receipt: string): Message {
  return dequeued(message, { receipt, now: NOW, leaseMs: 60_000, ordered: false });
}

/** A message at a connector of its own, stored, and leased with the receipt "r" if asked. */
async function stored(facts: Partial<Message> = {}): Promise<Message> {
  const message = aMessage(facts);
  await storage.direct.messages.insert(message);
  return message;
}

async function settled(): Promise<Message> {
  const message = await stored();
  const held = leased(message, "r");
  const done = acknowledged(held, "r", NOW);
  await storage.direct.messages.replace(message, held);
  await storage.direct.messages.replace(held, done);
  return done;
}

async function readyIds(activityId: string): Promise<string[]> {
  const request = { now: LATER, limit: 100, ordered: false };
  return (await storage.direct.messages.ready(activityId, request)).map(({ id }) => id);
}

async function several(count: number): Promise<Message[]> {
  const { activityId } = aMessage();
  const messages = Array.from({ length: count }, (_, index) => aMessage({ activityId }, index + 1));
  await Promise.all(messages.map((message) => storage.direct.messages.insert(message)));
  return messages;
}

test("33 messages are replaced in one transaction", async () => {
  const messages = await several(33);
  const before = storage.tables.requests.length;

  const changes = messages.map((message) => ({ before: message, after: leased(message, "r") }));

  expect(await storage.faulty.messages.replaceAll(changes)).toBe(true);
  expect(storage.tables.requests.length - before).toBe(1);
  for (const { after } of changes) {
    expect(await storage.direct.messages.find(after.activityId, after.id)).toMatchObject({
      ...after,
    });
  }
});

test("of several messages none is replaced when somebody was faster with one", async () => {
  const messages = await several(3);
  const [, second] = messages as [Message, Message, Message];
  await storage.direct.messages.replace(second, leased(second, "theirs"));

  const changes = messages.map((message) => ({ before: message, after: leased(message, "mine") }));

  expect(await storage.direct.messages.replaceAll(changes)).toBe(false);
  const states = (await storage.direct.messages.list(second.activityId, { limit: 9, after: null }))
    .items;
  expect(states.map(({ state }) => state).toSorted()).toEqual(["dequeued", "enqueued", "enqueued"]);
});

test("several messages that are too large for one transaction go one by one", async () => {
  const messages = (await several(4)).map((message) => ({
    ...message,
    rejection: { reason: "x".repeat(300_000), at: NOW },
  }));
  const changes = messages.map((message) => ({ before: message, after: leased(message, "r") }));

  expect(await storage.direct.messages.replaceAll(changes)).toBe(false);
  for (const { before, after } of changes) {
    expect(await storage.direct.messages.replace(before, after)).toBe(true);
  }
});

test("nothing to replace is fine", async () => {
  expect(await storage.direct.messages.replaceAll([])).toBe(true);
});

function faults(): number {
  return storage.tables.requests.filter(({ fault }) => fault !== null).length;
}

test.each(Object.entries(PASSING_FAULTS))(
  "when %s, what was written once is written",
  async (_, fault) => {
    const { messages } = storage.faulty;
    const [first, second] = (await several(2)) as [Message, Message];
    const done = await settled();
    const dropped = await settled();
    const batch = [first, second].map((message) => ({
      before: message,
      after: leased(message, "r"),
    }));
    const again = requeued(done, { now: NOW, ordered: false });
    const writes: Record<string, () => Promise<unknown>> = {
      replaceAll: () => messages.replaceAll(batch),
      "replace of a settled one": () => messages.replace(done, again),
      delete: () => messages.delete(dropped),
      noteDownload: () => messages.noteDownload(first, NOW).then(() => true),
    };

    for (const [name, write] of Object.entries(writes)) {
      storage.tables.inject({ method: name === "noteDownload" ? "PATCH" : "POST", fault });
      storage.tables.inject({ method: "DELETE", fault });
      const faultsBefore = faults();
      expect([name, await write()]).toEqual([name, true]);
      expect([name, faults() - faultsBefore]).toEqual([name, 1]);
      storage.tables.clear();
    }

    const { find } = storage.direct.messages;
    expect(await find(first.activityId, first.id)).toMatchObject({ downloadedAt: NOW });
    expect(await find(second.activityId, second.id)).toMatchObject({ state: "dequeued" });
    expect(await find(done.activityId, done.id)).toMatchObject({ state: "enqueued", requeues: 1 });
    expect(await find(dropped.activityId, dropped.id)).toBeNull();
    expect(await readyIds(done.activityId)).toEqual([done.id]);
  },
);

test("of two who send a settled message back at once, one is told that it was late", async () => {
  const done = await settled();
  const at = (ms: number) => requeued(done, { now: new Date(NOW.getTime() + ms), ordered: false });

  const outcomes = await Promise.all(
    [1, 2, 3, 4].map((ms) => storage.direct.messages.replace(done, at(ms))),
  );

  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await readyIds(done.activityId)).toEqual([done.id]);
});

test.each([
  ["rejected", (held: Message) => rejected(held, "r", { reason: "bad", now: NOW })],
  ["expired", (held: Message) => expired(held, NOW)],
])("a message that is %s is handed to nobody, until it is sent back", async (state, change) => {
  const { messages } = storage.direct;
  const message = await stored();
  const held = leased(message, "r");
  const done = change(held);
  await messages.replace(message, held);

  expect(await messages.replace(held, done)).toBe(true);
  expect(await readyIds(message.activityId)).toEqual([]);
  expect(await messages.find(message.activityId, message.id)).toMatchObject({ state });

  const again = requeued(done, { now: NOW, ordered: false });
  expect(await messages.replace(done, again)).toBe(true);
  expect(await readyIds(message.activityId)).toEqual([message.id]);
  expect(await messages.replace(again, leased(again, "next"))).toBe(true);
});

test("a message that arrives expired is handed to nobody", async () => {
  const message = await stored({ state: "expired" });

  expect(isTakeable(message)).toBe(false);
  expect(await readyIds(message.activityId)).toEqual([]);
  expect(await storage.direct.messages.insert(message)).toBe(false);
});

test("a download that is noted disturbs nobody, and stays noted", async () => {
  const { messages } = storage.direct;
  const message = await stored();
  const { activityId, id } = message;

  await messages.noteDownload(message, NOW);
  expect(await messages.replace(message, leased(message, "r"))).toBe(true);
  await messages.noteDownload(message, LATER);
  const found = await messages.find(activityId, id);

  expect(found).toMatchObject({ state: "dequeued", downloadedAt: LATER });
  expect((await messages.list(activityId, { limit: 1, after: null })).items).toEqual([found]);
  // a message that was read before the note is written again without undoing the note
  const held = { ...leased(message, "r"), downloadedAt: null };
  expect(await messages.replace(held, acknowledged(held, "r", NOW))).toBe(true);
  expect(await messages.find(activityId, id)).toMatchObject({
    state: "acked",
    downloadedAt: LATER,
  });
});

test("a download of a message that is gone is noted nowhere", async () => {
  const message = aMessage();
  await storage.direct.messages.noteDownload(message, NOW);

  expect(await storage.direct.messages.find(message.activityId, message.id)).toBeNull();
});

test("a message that becomes shorter keeps nothing of what it was", async () => {
  const { messages } = storage.direct;
  const message = await stored();
  const long = {
    ...leased(message, "r"),
    rejection: { reason: "ä".repeat(70_000), at: NOW },
  };
  const short = { ...acknowledged(long, "r", NOW), rejection: null };

  await messages.replace(message, long);
  expect(await messages.find(message.activityId, message.id)).toMatchObject({ ...long });
  await messages.replace(long, short);
  expect(await messages.find(message.activityId, message.id)).toMatchObject({ ...short });
});

test("delete leaves a message alone that somebody has changed", async () => {
  const { messages } = storage.direct;
  const done = await settled();
  const again = requeued(done, { now: NOW, ordered: false });
  await messages.replace(done, again);

  expect(await messages.delete(done)).toBe(false);
  expect(await messages.find(done.activityId, done.id)).toMatchObject({ state: "enqueued" });
});

test("delete says false when somebody changes the message between its look and its deletion", async () => {
  const done = await settled();
  const changed = Promise.withResolvers<void>();
  const { met } = storage.tables.inject({
    method: "DELETE",
    fault: { kind: "hold", until: changed.promise },
  });

  const deleting = storage.faulty.messages.delete(done);
  await met;
  await storage.direct.messages.replace(done, requeued(done, { now: NOW, ordered: false }));
  changed.resolve();

  expect(await deleting).toBe(false);
  expect(await readyIds(done.activityId)).toEqual([done.id]);
});

test("delete of a message that is gone is fine", async () => {
  expect(await storage.direct.messages.delete(aMessage({ state: "acked" }))).toBe(true);
});
