import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  begun,
  ended,
  postponed,
  processing,
  type Submission,
  toRunAgain,
} from "../../src/domain/submissions/submission.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { aSubmission } from "../support/a-submission.ts";
import { PASSING_FAULTS, type Stores, useFaultyStorage } from "../support/faulty-storage.ts";

/** Like passing-faults.stack.test.ts: a request that the SDK repeats must look like a success. */
const storage = useFaultyStorage();

const NOW = new Date("2026-03-01T10:00:00Z");
const LATER = new Date("2026-03-01T11:00:00Z");

function submissions() {
  return storage.direct.submissions;
}

async function stored(): Promise<Submission> {
  return submissions().insert(aSubmission(), { ordered: false, claims: [] });
}

function fail(submission: Submission): Submission {
  const failure = { code: "file-unreadable", message: "no" };
  return ended(submission, { state: "preprocessing-failed", result: null, failure, now: LATER });
}

/** One write to a submission that no other test has. */
interface Write {
  run(stores: Stores): Promise<unknown>;
  readonly connectorId: string;
}

const WRITES: Readonly<Record<string, () => Promise<Write>>> = {
  insert: async () => {
    const submission = aSubmission({ clientExecutionId: randomUUID() });
    const claims = [{ key: "content:x", until: LATER }];
    return {
      connectorId: submission.connectorId,
      run: async ({ submissions: faulty }) =>
        (await faulty.insert(submission, { ordered: true, claims })).id === submission.id,
    };
  },
  "hear of a repetition": async () => {
    const submission = await stored();
    return {
      connectorId: submission.connectorId,
      run: async ({ submissions: faulty }) => {
        const more = await faulty.hear(submission, (heard) => ({
          ...heard,
          repetitions: heard.repetitions + 1,
        }));
        return more.repetitions === 1;
      },
    };
  },
  "replace by an attempt": async () => {
    const submission = await stored();
    return {
      connectorId: submission.connectorId,
      run: ({ submissions: faulty }) =>
        faulty.replace(
          submission,
          processing(begun(submission, { attemptId: "attempt", now: LATER, writes: [] }), "1"),
        ),
    };
  },
  "replace by a postponement": async () => {
    const submission = await stored();
    const failure = { code: "target-unavailable", message: "later" };
    const after = postponed(submission, { failure, now: NOW, dueAt: LATER });
    return {
      connectorId: submission.connectorId,
      run: ({ submissions: faulty }) => faulty.replace(submission, after),
    };
  },
  "replace by an end": async () => {
    const submission = await stored();
    return {
      connectorId: submission.connectorId,
      run: ({ submissions: faulty }) => faulty.replace(submission, fail(submission)),
    };
  },
  "deletion of a claim that has ended": async () => {
    const claims = [{ key: "content:x", until: NOW }];
    const { connectorId } = await submissions().insert(aSubmission(), { ordered: false, claims });
    return {
      connectorId,
      run: ({ submissions: faulty }) => faulty.deleteEndedClaims(connectorId, NOW, 9),
    };
  },
  "deletion of a submission": async () => {
    const { connectorId } = await stored();
    const clientExecutionId = randomUUID();
    const submission = await submissions().insert(aSubmission({ connectorId, clientExecutionId }), {
      ordered: false,
      claims: [{ key: "upload:x", until: null }],
    });
    const failed = fail(submission);
    await submissions().replace(submission, failed);
    return { connectorId, run: ({ submissions: faulty }) => faulty.delete(failed) };
  },
  "replace by a requeue": async () => {
    const submission = await stored();
    const failed = fail(submission);
    await submissions().replace(submission, failed);
    const executionId = randomIds.timeOrderedGuid(LATER);
    return {
      connectorId: submission.connectorId,
      run: ({ submissions: faulty }) =>
        faulty.replace(failed, toRunAgain(failed, { executionId, now: LATER })),
    };
  },
};

async function rowCount(connectorId: string): Promise<number> {
  const filter = `PartitionKey eq '${connectorId}'`;
  let rows = 0;
  for await (const _ of storage.table("inbox").listEntities({ queryOptions: { filter } })) {
    rows++;
  }
  return rows;
}

async function effect(connectorId: string): Promise<unknown> {
  const { items } = await submissions().list(connectorId, null, { limit: 100, after: null });
  const owed = await submissions().owed(connectorId, 100);
  const found = await Promise.all(
    items.flatMap(({ id, executionId }) => [
      submissions().find(id),
      submissions().find(executionId),
    ]),
  );
  return {
    rows: await rowCount(connectorId),
    states: items.map(({ state, sequence, attempts }) => ({ state, sequence, attempts })),
    owed: owed.map(({ state, revision }) => ({ state, revision })),
    found: found.map((submission) => submission !== null),
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
      const expected = await effect(calm.connectorId);
      expect(requests).toBeGreaterThan(0);

      for (let at = 0; at < requests; at++) {
        const write = await prepare();
        storage.tables.clear();
        storage.tables.inject({ skip: at, fault });

        expect(await write.run(storage.faulty), `request ${at}`).toEqual(result);

        expect(await effect(write.connectorId), `request ${at}`).toEqual(expected);
      }
    },
  );
});

test.each(["deletion of a claim that has ended", "deletion of a submission"])(
  "a %s that broke off at any of its requests is made good by the next",
  async (name) => {
    const prepare = WRITES[name] as () => Promise<Write>;
    const calm = await prepare();
    const before = storage.tables.requests.length;
    await calm.run(storage.faulty);
    const requests = storage.tables.requests.length - before;
    const expected = await effect(calm.connectorId);

    for (let at = 0; at < requests; at++) {
      const write = await prepare();
      storage.tables.clear();
      const fault = { kind: "refuse", status: 403, code: "AuthorizationFailure" } as const;
      storage.tables.inject({ skip: at, fault });
      await expect(write.run(storage.faulty), `request ${at}`).rejects.toThrow();
      storage.tables.clear();

      await write.run(storage.faulty);

      expect(await effect(write.connectorId), `request ${at}`).toEqual(expected);
    }
  },
);
