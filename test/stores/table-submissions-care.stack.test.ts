import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { ended, type Submission, withoutFile } from "../../src/domain/submissions/submission.ts";
import type { Claim } from "../../src/domain/submissions/submissions.ts";
import { aSubmission } from "../support/a-submission.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const LATER = new Date("2026-03-01T11:00:00Z");

const storage = useFaultyStorage();

function submissions() {
  return storage.direct.submissions;
}

async function stored(
  facts: Partial<Submission> = {},
  claims: readonly Claim[] = [],
): Promise<Submission> {
  return submissions().insert(aSubmission(facts), { ordered: false, claims });
}

/** A submission that has failed; its file is deleted by default. */
async function failed(submission: Submission, { keepsFile = false } = {}): Promise<Submission> {
  const failure = { code: "file-unreadable", message: "no" };
  const last = ended(submission, {
    state: "preprocessing-failed",
    result: null,
    failure,
    now: NOW,
  });
  const gone = withoutFile(last, NOW);
  expect(await submissions().replace(submission, last)).toBe(true);
  expect(keepsFile || (await submissions().replace(last, gone))).toBe(true);
  return keepsFile ? last : gone;
}

/** Row keys of a connector's partition, without what is random in them. */
async function rowsOf(connectorId: string): Promise<string[]> {
  const rows = storage.table("inbox").listEntities({
    queryOptions: { filter: `PartitionKey eq '${connectorId}'`, select: ["rowKey"] },
  });
  const kinds: string[] = [];
  for await (const { rowKey } of rows) {
    kinds.push(String(rowKey).split(":")[0] ?? "");
  }
  return kinds;
}

test("matches GUIDs in any case, and what else partners make ids of letter by letter", async () => {
  const guid = randomUUID();
  const name = `Items ${randomUUID()}`;
  const [byGuid, byName] = [
    await stored({ clientExecutionId: guid.toUpperCase() }),
    await stored({ clientExecutionId: name }),
  ];
  const { connectorId } = byGuid;

  expect((await submissions().find(guid))?.id).toBe(byGuid.id);
  expect((await submissions().find(byGuid.id.toUpperCase()))?.id).toBe(byGuid.id);
  expect((await submissions().find(byGuid.executionId.toUpperCase()))?.id).toBe(byGuid.id);
  expect((await stored({ clientExecutionId: guid, connectorId })).id).toBe(byGuid.id);

  expect(await submissions().find(name.toLowerCase())).toBeNull();
  const other = await stored({ clientExecutionId: name.toUpperCase(), connectorId });
  expect(other.id).not.toBe(byName.id);
});

test("each parent's children are found, the oldest first, and nobody else's", async () => {
  const connectorId = randomUUID();
  const parents: Submission[] = [];
  for (let minute = 0; minute < 3; minute++) {
    const receivedAt = new Date(NOW.getTime() + minute * 60_000);
    parents.push(await stored({ connectorId, receivedAt }));
  }
  const [one, other, third] = parents.map(({ id }) => id) as [string, string, string];
  const child = (parentId: string, receivedAt: Date) =>
    stored({ connectorId, parentId, receivedAt });
  const late = await child(one, new Date(LATER.getTime() + 1_000));
  const early = await child(one, LATER);
  const ofOther = await child(other, LATER);
  const ofThird = await child(third, LATER);
  const idsOf = async (...ids: string[]) =>
    (await submissions().children(connectorId, ids)).map(({ id }) => id);

  expect(await idsOf(one)).toEqual([early.id, late.id]);
  expect(await idsOf(third, one)).toEqual([early.id, late.id, ofThird.id]);
  expect(await idsOf(other)).toEqual([ofOther.id]);
  expect(await idsOf(late.id)).toEqual([]);
  expect(await idsOf()).toEqual([]);
});

test("ended claims are deleted, the oldest first and so many at a time, and no others", async () => {
  const connectorId = randomUUID();
  const claim = (key: string, minutes: number | null): Claim => ({
    key,
    until: minutes === null ? null : new Date(NOW.getTime() + minutes * 60_000),
  });
  const submission = await stored({ connectorId }, [
    claim("third", 3),
    claim("first", 1),
    claim("second", 2),
    claim("later", 60),
    claim("never", null),
  ]);
  const now = new Date(NOW.getTime() + 3 * 60_000);
  const before = await rowsOf(connectorId);
  const holders = async () => {
    const long = ["first", "second", "third", "later", "never"];
    // asked at the very beginning, when none has ended yet
    const found = await Promise.all(
      long.map((key) => submissions().findClaim(connectorId, key, NOW)),
    );
    return long.filter((_, index) => found[index]?.id === submission.id);
  };

  expect(await submissions().deleteEndedClaims(connectorId, now, 2)).toBe(2);
  expect(await holders()).toEqual(["third", "later", "never"]);
  expect(await submissions().deleteEndedClaims(connectorId, now, 2)).toBe(1);
  expect(await holders()).toEqual(["later", "never"]);
  expect(await submissions().deleteEndedClaims(connectorId, now, 2)).toBe(0);
  expect((await rowsOf(connectorId)).length).toBe(before.length - 6);
});

test("a claim that somebody else took over is not deleted with the time of the first", async () => {
  const connectorId = randomUUID();
  const until = (at: Date): Claim[] => [{ key: "content:x", until: at }];
  await stored({ connectorId, receivedAt: NOW }, until(LATER));
  const end = new Date(LATER.getTime() + 60_000);
  const second = await stored({ connectorId, receivedAt: LATER }, until(end));

  expect(await submissions().deleteEndedClaims(connectorId, LATER, 10)).toBe(1);

  expect((await submissions().findClaim(connectorId, "content:x", LATER))?.id).toBe(second.id);
  expect(await submissions().deleteEndedClaims(connectorId, end, 10)).toBe(1);
  expect(await submissions().findClaim(connectorId, "content:x", LATER)).toBeNull();
});

test("deleting a submission leaves nothing of it, and all of the others", async () => {
  const connectorId = randomUUID();
  const parent = await stored({ connectorId });
  const before = await rowsOf(connectorId);
  const submission = await stored(
    { connectorId, parentId: parent.id, clientExecutionId: randomUUID() },
    [{ key: "upload:x", until: null }],
  );
  const last = await failed(submission);
  await submissions().hear(submission, (heard) => ({ ...heard, askedAt: NOW }));

  await submissions().delete(last);
  await submissions().delete(last);

  expect(await rowsOf(connectorId)).toEqual(before);
  for (const id of [submission.id, submission.executionId, String(submission.clientExecutionId)]) {
    expect(await submissions().find(id)).toBeNull();
  }
  expect(await submissions().find(parent.id)).toEqual(parent);
  expect(await submissions().children(connectorId, [parent.id])).toEqual([]);
  // its ids are free: also for another connector
  await stored({ clientExecutionId: submission.clientExecutionId });
});

test("connectors lists every connector that has received something, once", async () => {
  const { connectorId } = await stored();
  await stored({ connectorId });

  const found = await submissions().connectors();

  expect(found.filter((id) => id === connectorId)).toHaveLength(1);
});

test("list gives what was received before an instant, page by page", async () => {
  const connectorId = randomUUID();
  const ids: string[] = [];
  for (let minute = 0; minute < 5; minute++) {
    const receivedAt = new Date(NOW.getTime() + minute * 60_000);
    ids.push((await stored({ connectorId, receivedAt })).id);
  }
  const receivedBefore = new Date(NOW.getTime() + 3 * 60_000);

  const first = await submissions().list(connectorId, null, {
    limit: 2,
    after: null,
    receivedBefore,
  });
  const rest = await submissions().list(connectorId, null, {
    limit: 2,
    after: first.next,
    receivedBefore,
  });

  const found = [...first.items, ...rest.items].map(({ id }) => id);
  expect(found).toEqual([ids[2], ids[1], ids[0]]);
  expect(rest.next).toBeNull();
});

test("files are listed by the beginning of their names, page by page; a container that is missing holds none", async () => {
  const container = `list-${randomUUID()}`;
  const names = ["a/1", "a/2", "a/3", "b/1"];
  for (const name of names) {
    await storage.direct.files.write({ container, name }, bytes(), "text/plain");
  }
  const folder = { container, prefix: "a/" };

  const first = await storage.direct.files.list(folder, { limit: 2, after: null });
  const rest = await storage.direct.files.list(folder, { limit: 2, after: first.next });
  const none = await storage.direct.files.list(
    { container: `none-${randomUUID()}`, prefix: "" },
    { limit: 2, after: null },
  );

  expect(first.next).not.toBeNull();
  const found = [...first.items, ...rest.items];
  expect(found.map(({ path }) => path)).toEqual(
    ["a/1", "a/2", "a/3"].map((name) => ({ container, name })),
  );
  expect(found.every(({ changedAt }) => Math.abs(Date.now() - changedAt.getTime()) < 600_000)).toBe(
    true,
  );
  expect(rest.next).toBeNull();
  expect(none).toEqual({ items: [], next: null });
});

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("x");
}
