import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  begun,
  ended,
  type InboundMessage,
  postponed,
  processing,
  requeued,
} from "../../src/domain/submissions/inbound-message.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { PASSING_FAULTS, type Stores, useFaultyStorage } from "../support/faulty-storage.ts";
import { anInboundMessage } from "../support/inbound-message.ts";

/** Like passing-faults.stack.test.ts: what the SDK makes good on the way must look like the success that it is. */
const storage = useFaultyStorage();

const NOW = new Date("2026-03-01T10:00:00Z");
const LATER = new Date("2026-03-01T11:00:00Z");

function inbox() {
  return storage.direct.inbox;
}

async function stored(): Promise<InboundMessage> {
  return inbox().insert(anInboundMessage(), { ordered: false, claims: [] });
}

function fail(message: InboundMessage): InboundMessage {
  const failure = { code: "file-unreadable", message: "no" };
  return ended(message, { state: "preprocessing-failed", result: null, failure, now: LATER });
}

/** One write to a message that no other test has. */
interface Write {
  run(stores: Stores): Promise<unknown>;
  readonly activityId: string;
}

const WRITES: Readonly<Record<string, () => Promise<Write>>> = {
  insert: async () => {
    const message = anInboundMessage({ clientExecutionId: randomUUID() });
    const claims = [{ key: "content:x", until: LATER }];
    return {
      activityId: message.activityId,
      run: async ({ inbox: faulty }) =>
        (await faulty.insert(message, { ordered: true, claims })).id === message.id,
    };
  },
  "hear of a repetition": async () => {
    const message = await stored();
    return {
      activityId: message.activityId,
      run: async ({ inbox: faulty }) => {
        const more = await faulty.hear(message, (heard) => ({
          ...heard,
          repetitions: heard.repetitions + 1,
        }));
        return more.repetitions === 1;
      },
    };
  },
  "replace by an attempt": async () => {
    const message = await stored();
    return {
      activityId: message.activityId,
      run: ({ inbox: faulty }) =>
        faulty.replace(
          message,
          processing(begun(message, { attemptId: "attempt", now: LATER, writes: [] }), "1"),
        ),
    };
  },
  "replace by a postponement": async () => {
    const message = await stored();
    const failure = { code: "target-unavailable", message: "later" };
    const after = postponed(message, { failure, now: NOW, dueAt: LATER });
    return {
      activityId: message.activityId,
      run: ({ inbox: faulty }) => faulty.replace(message, after),
    };
  },
  "replace by an end": async () => {
    const message = await stored();
    return {
      activityId: message.activityId,
      run: ({ inbox: faulty }) => faulty.replace(message, fail(message)),
    };
  },
  "deletion of a claim that has ended": async () => {
    const claims = [{ key: "content:x", until: NOW }];
    const { activityId } = await inbox().insert(anInboundMessage(), { ordered: false, claims });
    return { activityId, run: ({ inbox: faulty }) => faulty.deleteEndedClaims(activityId, NOW, 9) };
  },
  "deletion of a message": async () => {
    const { activityId } = await stored();
    const clientExecutionId = randomUUID();
    const message = await inbox().insert(anInboundMessage({ activityId, clientExecutionId }), {
      ordered: false,
      claims: [{ key: "upload:x", until: null }],
    });
    const failed = fail(message);
    await inbox().replace(message, failed);
    return { activityId, run: ({ inbox: faulty }) => faulty.delete(failed) };
  },
  "replace by a requeue": async () => {
    const message = await stored();
    const failed = fail(message);
    await inbox().replace(message, failed);
    const executionId = randomIds.timeOrderedGuid(LATER);
    return {
      activityId: message.activityId,
      run: ({ inbox: faulty }) =>
        faulty.replace(failed, requeued(failed, { executionId, now: LATER })),
    };
  },
};

async function rowCount(activityId: string): Promise<number> {
  const filter = `PartitionKey eq '${activityId}'`;
  let rows = 0;
  for await (const _ of storage.table("inbox").listEntities({ queryOptions: { filter } })) {
    rows++;
  }
  return rows;
}

async function effect(activityId: string): Promise<unknown> {
  const { items } = await inbox().list(activityId, null, { limit: 100, after: null });
  const owed = await inbox().owed(activityId, 100);
  const found = await Promise.all(
    items.flatMap(({ id, executionId }) => [inbox().find(id), inbox().find(executionId)]),
  );
  return {
    rows: await rowCount(activityId),
    states: items.map(({ state, sequence, attempts }) => ({ state, sequence, attempts })),
    owed: owed.map(({ state, revision }) => ({ state, revision })),
    found: found.map((message) => message !== null),
  };
}

describe.each(Object.entries(WRITES))("%s", (_, prepare) => {
  test.each(Object.entries(PASSING_FAULTS))(
    "succeeds once, with one effect, when %s, at each of its requests",
    async (__, fault) => {
      const calm = await prepare();
      const before = storage.tables.requests.length;
      const result = await calm.run(storage.faulty);
      const requests = storage.tables.requests.length - before;
      const expected = await effect(calm.activityId);
      expect(requests).toBeGreaterThan(0);

      for (let at = 0; at < requests; at++) {
        const write = await prepare();
        storage.tables.clear();
        storage.tables.inject({ skip: at, fault });

        expect(await write.run(storage.faulty), `request ${at}`).toEqual(result);

        expect(await effect(write.activityId), `request ${at}`).toEqual(expected);
      }
    },
  );
});

test.each(["deletion of a claim that has ended", "deletion of a message"])(
  "a %s that broke off at any of its requests is made good by the next",
  async (name) => {
    const prepare = WRITES[name] as () => Promise<Write>;
    const calm = await prepare();
    const before = storage.tables.requests.length;
    await calm.run(storage.faulty);
    const requests = storage.tables.requests.length - before;
    const expected = await effect(calm.activityId);

    for (let at = 0; at < requests; at++) {
      const write = await prepare();
      storage.tables.clear();
      const fault = { kind: "refuse", status: 403, code: "AuthorizationFailure" } as const;
      storage.tables.inject({ skip: at, fault });
      await expect(write.run(storage.faulty), `request ${at}`).rejects.toThrow();
      storage.tables.clear();

      await write.run(storage.faulty);

      expect(await effect(write.activityId), `request ${at}`).toEqual(expected);
    }
  },
);
