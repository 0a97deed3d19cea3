import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  begun,
  ended,
  type Submission,
  toRunAgain,
} from "../../src/domain/submissions/submission.ts";
import type { Claim } from "../../src/domain/submissions/submissions.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { aSubmission } from "../support/a-submission.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";

const storage = useFaultyStorage();

const NOW = new Date("2026-03-01T10:00:00Z");
const LATER = new Date("2026-03-01T11:00:00Z");
const ANY_ORDER = { ordered: false, claims: [] };
const IN_ORDER = { ordered: true, claims: [] };

function submissions() {
  return storage.direct.submissions;
}

/** Puts a submission straight into the storage. */
async function stored(
  facts: Partial<Submission> = {},
  options: { ordered: boolean; claims: readonly Claim[] } = ANY_ORDER,
): Promise<Submission> {
  return submissions().insert(aSubmission(facts), options);
}

function begin(submission: Submission): Submission {
  return begun(submission, { attemptId: "attempt", now: LATER, writes: [] });
}

function fail(submission: Submission): Submission {
  const failure = { code: "file-unreadable", message: "no" };
  return ended(submission, { state: "preprocessing-failed", result: null, failure, now: LATER });
}

describe("insert", () => {
  test("makes a submission that each of its ids finds, and that is owed a run", async () => {
    const clientExecutionId = `Items-2026/03\\01 #${randomUUID()}`;
    const submission = await stored({ clientExecutionId });

    for (const id of [submission.id, submission.executionId, clientExecutionId]) {
      expect(await submissions().find(id)).toEqual(submission);
    }
    expect(await submissions().owed(submission.connectorId, 10)).toEqual([submission]);
    expect(await submissions().find(randomUUID())).toBeNull();
  });

  test("gives places without gaps in an ordered connector, however many come at once", async () => {
    const connectorId = randomUUID();

    const inserted = await Promise.all(
      Array.from({ length: 12 }, () => stored({ connectorId }, IN_ORDER)),
    );

    const places = inserted.map(({ sequence }) => sequence ?? 0).sort((a, b) => a - b);
    expect(places).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const owed = await submissions().owed(connectorId, 100);
    expect(owed.map(({ sequence }) => sequence)).toEqual(places);
  });
});

describe("claims", () => {
  test("returns the submission that holds the claim, also to those that come at the same moment", async () => {
    const connectorId = randomUUID();
    const claims = [{ key: "content:x", until: LATER }];

    const inserted = await Promise.all(
      Array.from({ length: 8 }, () => stored({ connectorId }, { ordered: false, claims })),
    );

    expect(new Set(inserted.map(({ id }) => id)).size).toBe(1);
    expect(await submissions().owed(connectorId, 100)).toHaveLength(1);
  });

  test("takes a claim over once it has run out, and not before", async () => {
    const connectorId = randomUUID();
    const claims = [{ key: "content:x", until: LATER }];
    const first = await stored({ connectorId, receivedAt: NOW }, { ordered: false, claims });
    const justBefore = new Date(LATER.getTime() - 1);

    const repeated = await stored(
      { connectorId, receivedAt: justBefore },
      { ordered: false, claims },
    );
    const fresh = await stored({ connectorId, receivedAt: LATER }, { ordered: false, claims });

    expect(repeated.id).toBe(first.id);
    expect(fresh.id).not.toBe(first.id);
  });

  test("takes a claim over from a submission that does not keep it, and the new one has it then", async () => {
    const connectorId = randomUUID();
    const isKeptBy: Claim["isKeptBy"] = (holder, { askedAt }) =>
      holder.company === "USMF" && askedAt === null;
    const claims = [{ key: "request:x", until: LATER, isKeptBy }];
    const insert = (company: string) =>
      stored({ connectorId, company }, { ordered: false, claims });
    const first = await insert("DEMF");

    const second = await insert("USMF");
    const repeated = await insert("DEMF");
    await submissions().hear(second, (heard) => ({ ...heard, askedAt: NOW }));
    const third = await insert("USMF");

    expect(repeated.id).toBe(second.id);
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    expect((await submissions().findClaim(connectorId, "request:x", NOW))?.id).toBe(third.id);
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
  test("makes one submission of a partner's execution id at each connector, which know nothing of each other", async () => {
    const clientExecutionId = randomUUID();
    const first = await stored({ clientExecutionId });

    const again = await stored({ clientExecutionId, connectorId: first.connectorId });

    expect(again.id).toBe(first.id);
    const other = await stored({ clientExecutionId });
    expect(other.id).not.toBe(first.id);
    const found = await submissions().findEach(clientExecutionId);
    expect(found.map(({ id }) => id).sort()).toEqual([first.id, other.id].sort());
    for (const { connectorId, id } of [first, other]) {
      expect((await submissions().findAt(connectorId, clientExecutionId))?.id).toBe(id);
    }
    expect(await submissions().findAt(randomUUID(), clientExecutionId)).toBeNull();
  });

  test("finds its own ids first, also when a partner calls an execution so", async () => {
    const submission = await stored();
    const imitation = await stored({ clientExecutionId: submission.id.toUpperCase() });
    await stored({ clientExecutionId: submission.executionId });

    expect((await submissions().find(submission.id))?.id).toBe(submission.id);
    expect((await submissions().find(submission.executionId))?.id).toBe(submission.id);
    expect((await submissions().findAt(imitation.connectorId, submission.id))?.id).toBe(
      imitation.id,
    );
  });
});

describe("hear", () => {
  test("counts what is heard at the same moment, and leaves the submission alone", async () => {
    const submission = await stored();

    await Promise.all(
      Array.from({ length: 5 }, () =>
        submissions().hear(submission, (heard) => ({
          ...heard,
          repetitions: heard.repetitions + 1,
        })),
      ),
    );
    const unchanged = await submissions().hear(submission, (heard) => heard);

    expect(unchanged).toEqual({ askedAt: null, repetitions: 5 });
    expect(await submissions().heard(submission)).toEqual(unchanged);
    expect(await submissions().find(submission.id)).toEqual(submission);
  });
});

describe("replace", () => {
  test("lets one of two changes to the same version through", async () => {
    const submission = await stored();

    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => submissions().replace(submission, begin(submission))),
    );

    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect((await submissions().find(submission.id))?.attempts).toBe(1);
  });

  test("refuses to end what somebody else has begun again", async () => {
    const submission = await stored();
    const slow = begin(submission);
    await submissions().replace(submission, slow);
    const fast = begin(slow);
    await submissions().replace(slow, fast);

    expect(await submissions().replace(slow, fail(slow))).toBe(false);

    expect(await submissions().replace(fast, fail(fast))).toBe(true);
    expect(await submissions().owed(submission.connectorId, 10)).toEqual([]);
  });

  test("requeues a failed submission once, under an id that finds it besides the old ones", async () => {
    const submission = await stored();
    const failed = fail(submission);
    await submissions().replace(submission, failed);
    const again = () =>
      toRunAgain(failed, { executionId: randomIds.timeOrderedGuid(LATER), now: LATER });
    const requeue = again();

    expect(await submissions().replace(failed, requeue)).toBe(true);
    expect(await submissions().replace(failed, again())).toBe(false);

    for (const id of [submission.id, submission.executionId, requeue.executionId]) {
      expect(await submissions().find(id)).toEqual(requeue);
    }
    expect(await submissions().owed(submission.connectorId, 10)).toEqual([requeue]);
  });

  test("refuses a requeue from a version long gone, when the submission has failed again since", async () => {
    const submission = await stored();
    const failed = fail(submission);
    await submissions().replace(submission, failed);
    const requeue = () =>
      toRunAgain(failed, { executionId: randomIds.timeOrderedGuid(LATER), now: LATER });
    const first = requeue();
    await submissions().replace(failed, first);
    const failedAgain = fail(first);
    await submissions().replace(first, failedAgain);

    expect(await submissions().replace(failed, requeue())).toBe(false);

    expect(await submissions().find(submission.id)).toEqual(failedAgain);
  });
});

test("list gives the newest first, by state and page by page", async () => {
  const connectorId = randomUUID();
  const inserted: Submission[] = [];
  for (let minute = 0; minute < 6; minute++) {
    const receivedAt = new Date(NOW.getTime() + minute * 60_000);
    inserted.push(await stored({ connectorId, receivedAt }));
  }
  for (const submission of inserted.filter((_, index) => index % 2 === 0)) {
    await submissions().replace(submission, fail(submission));
  }
  const failed = inserted.filter((_, index) => index % 2 === 0).map(({ id }) => id);

  const all = await submissions().list(connectorId, null, { limit: 100, after: null });
  const first = await submissions().list(connectorId, "preprocessing-failed", {
    limit: 2,
    after: null,
  });
  const rest = await submissions().list(connectorId, "preprocessing-failed", {
    limit: 2,
    after: first.next,
  });

  expect(all.items.map(({ id }) => id)).toEqual(inserted.map(({ id }) => id).reverse());
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(failed.reverse());
  expect(rest.next).toBeNull();
});
