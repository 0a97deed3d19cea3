import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  begun,
  ended,
  type InboundMessage,
  requeued,
} from "../../src/domain/submissions/inbound-message.ts";
import type { Claim } from "../../src/domain/submissions/inbox.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import { anInboundMessage } from "../support/inbound-message.ts";

const storage = useFaultyStorage();

const NOW = new Date("2026-03-01T10:00:00Z");
const LATER = new Date("2026-03-01T11:00:00Z");
const ANY_ORDER = { ordered: false, claims: [] };
const IN_ORDER = { ordered: true, claims: [] };

function inbox() {
  return storage.direct.inbox;
}

/** Puts a message straight into the storage. */
async function stored(
  facts: Partial<InboundMessage> = {},
  options: { ordered: boolean; claims: readonly Claim[] } = ANY_ORDER,
): Promise<InboundMessage> {
  return inbox().insert(anInboundMessage(facts), options);
}

function begin(message: InboundMessage): InboundMessage {
  return begun(message, { attemptId: "attempt", now: LATER, writes: [] });
}

function fail(message: InboundMessage): InboundMessage {
  const failure = { code: "file-unreadable", message: "no" };
  return ended(message, { state: "preprocessing-failed", result: null, failure, now: LATER });
}

describe("insert", () => {
  test("makes a message that each of its ids finds, and that is owed a run", async () => {
    const clientExecutionId = `Items-2026/03\\01 #${randomUUID()}`;
    const message = await stored({ clientExecutionId });

    for (const id of [message.id, message.executionId, clientExecutionId]) {
      expect(await inbox().find(id)).toEqual(message);
    }
    expect(await inbox().owed(message.activityId, 10)).toEqual([message]);
    expect(await inbox().find(randomUUID())).toBeNull();
  });

  test("gives places without gaps in an ordered connector, however many hand in at once", async () => {
    const activityId = randomUUID();

    const messages = await Promise.all(
      Array.from({ length: 12 }, () => stored({ activityId }, IN_ORDER)),
    );

    const places = messages.map(({ sequence }) => sequence ?? 0).sort((a, b) => a - b);
    expect(places).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const owed = await inbox().owed(activityId, 100);
    expect(owed.map(({ sequence }) => sequence)).toEqual(places);
  });
});

describe("claims", () => {
  test("returns the message that holds the claim, also to those that come at the same moment", async () => {
    const activityId = randomUUID();
    const claims = [{ key: "content:x", until: LATER }];

    const messages = await Promise.all(
      Array.from({ length: 8 }, () => stored({ activityId }, { ordered: false, claims })),
    );

    expect(new Set(messages.map(({ id }) => id)).size).toBe(1);
    expect(await inbox().owed(activityId, 100)).toHaveLength(1);
  });

  test("takes a claim over once it has run out, and not before", async () => {
    const activityId = randomUUID();
    const claims = [{ key: "content:x", until: LATER }];
    const first = await stored({ activityId, receivedAt: NOW }, { ordered: false, claims });
    const justBefore = new Date(LATER.getTime() - 1);

    const repeated = await stored(
      { activityId, receivedAt: justBefore },
      { ordered: false, claims },
    );
    const fresh = await stored({ activityId, receivedAt: LATER }, { ordered: false, claims });

    expect(repeated.id).toBe(first.id);
    expect(fresh.id).not.toBe(first.id);
  });

  test("takes a claim over from a message that does not keep it, and the new one has it then", async () => {
    const activityId = randomUUID();
    const isKeptBy: Claim["isKeptBy"] = (holder, { askedAt }) =>
      holder.company === "USMF" && askedAt === null;
    const claims = [{ key: "request:x", until: LATER, isKeptBy }];
    const insert = (company: string) => stored({ activityId, company }, { ordered: false, claims });
    const first = await insert("DEMF");

    const second = await insert("USMF");
    const repeated = await insert("DEMF");
    await inbox().hear(second, (heard) => ({ ...heard, askedAt: NOW }));
    const third = await insert("USMF");

    expect(repeated.id).toBe(second.id);
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    expect((await inbox().findClaim(activityId, "request:x", NOW))?.id).toBe(third.id);
  });

  test("keeps the claims of one connector apart from those of another", async () => {
    const claims = [{ key: "content:x", until: null }];
    const [one, other] = [
      await stored({}, { ordered: false, claims }),
      await stored({}, { ordered: false, claims }),
    ];

    expect(other.id).not.toBe(one.id);
  });
});

describe("execution ids of partners", () => {
  test("makes one message of a partner's execution id at each connector, which know nothing of each other", async () => {
    const clientExecutionId = randomUUID();
    const first = await stored({ clientExecutionId });

    const again = await stored({ clientExecutionId, activityId: first.activityId });

    expect(again.id).toBe(first.id);
    const other = await stored({ clientExecutionId });
    expect(other.id).not.toBe(first.id);
    const found = await inbox().findEach(clientExecutionId);
    expect(found.map(({ id }) => id).sort()).toEqual([first.id, other.id].sort());
    for (const { activityId, id } of [first, other]) {
      expect((await inbox().findAt(activityId, clientExecutionId))?.id).toBe(id);
    }
    expect(await inbox().findAt(randomUUID(), clientExecutionId)).toBeNull();
  });

  test("finds its own ids first, also when a partner calls an execution so", async () => {
    const message = await stored();
    const imitation = await stored({ clientExecutionId: message.id.toUpperCase() });
    await stored({ clientExecutionId: message.executionId });

    expect((await inbox().find(message.id))?.id).toBe(message.id);
    expect((await inbox().find(message.executionId))?.id).toBe(message.id);
    expect((await inbox().findAt(imitation.activityId, message.id))?.id).toBe(imitation.id);
  });
});

describe("hear", () => {
  test("counts what is heard at the same moment, and leaves the message alone", async () => {
    const message = await stored();

    await Promise.all(
      Array.from({ length: 5 }, () =>
        inbox().hear(message, (heard) => ({ ...heard, repetitions: heard.repetitions + 1 })),
      ),
    );
    const unchanged = await inbox().hear(message, (heard) => heard);

    expect(unchanged).toEqual({ askedAt: null, repetitions: 5 });
    expect(await inbox().heard(message)).toEqual(unchanged);
    expect(await inbox().find(message.id)).toEqual(message);
  });
});

describe("replace", () => {
  test("lets one of two changes to the same version through", async () => {
    const message = await stored();

    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => inbox().replace(message, begin(message))),
    );

    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect((await inbox().find(message.id))?.attempts).toBe(1);
  });

  test("refuses to end what somebody else has begun again", async () => {
    const message = await stored();
    const slow = begin(message);
    await inbox().replace(message, slow);
    const fast = begin(slow);
    await inbox().replace(slow, fast);

    expect(await inbox().replace(slow, fail(slow))).toBe(false);

    expect(await inbox().replace(fast, fail(fast))).toBe(true);
    expect(await inbox().owed(message.activityId, 10)).toEqual([]);
  });

  test("requeues a failed message once, under an id that finds it besides the old ones", async () => {
    const message = await stored();
    const failed = fail(message);
    await inbox().replace(message, failed);
    const again = () =>
      requeued(failed, { executionId: randomIds.timeOrderedGuid(LATER), now: LATER });
    const requeue = again();

    expect(await inbox().replace(failed, requeue)).toBe(true);
    expect(await inbox().replace(failed, again())).toBe(false);

    for (const id of [message.id, message.executionId, requeue.executionId]) {
      expect(await inbox().find(id)).toEqual(requeue);
    }
    expect(await inbox().owed(message.activityId, 10)).toEqual([requeue]);
  });

  test("refuses a requeue from a version long gone, when the message has failed again since", async () => {
    const message = await stored();
    const failed = fail(message);
    await inbox().replace(message, failed);
    const requeue = () =>
      requeued(failed, { executionId: randomIds.timeOrderedGuid(LATER), now: LATER });
    const first = requeue();
    await inbox().replace(failed, first);
    const failedAgain = fail(first);
    await inbox().replace(first, failedAgain);

    expect(await inbox().replace(failed, requeue())).toBe(false);

    expect(await inbox().find(message.id)).toEqual(failedAgain);
  });
});

test("list gives the newest first, by state and page by page", async () => {
  const activityId = randomUUID();
  const messages: InboundMessage[] = [];
  for (let minute = 0; minute < 6; minute++) {
    const receivedAt = new Date(NOW.getTime() + minute * 60_000);
    messages.push(await stored({ activityId, receivedAt }));
  }
  for (const message of messages.filter((_, index) => index % 2 === 0)) {
    await inbox().replace(message, fail(message));
  }
  const failed = messages.filter((_, index) => index % 2 === 0).map(({ id }) => id);

  const all = await inbox().list(activityId, null, { limit: 100, after: null });
  const first = await inbox().list(activityId, "preprocessing-failed", { limit: 2, after: null });
  const rest = await inbox().list(activityId, "preprocessing-failed", {
    limit: 2,
    after: first.next,
  });

  expect(all.items.map(({ id }) => id)).toEqual(messages.map(({ id }) => id).reverse());
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(failed.reverse());
  expect(rest.next).toBeNull();
});
