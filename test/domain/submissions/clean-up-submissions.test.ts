import { expect, test } from "vitest";
import type { Ports } from "../../../src/domain/ports.ts";
import { cleanUpSubmissions } from "../../../src/domain/submissions/clean-up-submissions.ts";
import type { Submission } from "../../../src/domain/submissions/submission.ts";
import { aSubmission } from "../../support/a-submission.ts";

const NOW = new Date("2026-05-01T10:00:00Z");
const OLDER_THAN = new Date("2026-04-01T10:00:00Z");
const LONG_AGO = new Date("2026-03-01T10:00:00Z");
const CONNECTOR_ID = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";

const GONE = {
  state: "processed",
  endedAt: LONG_AGO,
  fileDeletedAt: LONG_AGO,
} as const satisfies Partial<Submission>;

function makePorts(submission: Submission) {
  const deleted: string[] = [];
  const asked: unknown[] = [];
  const submissions = {
    list: async (...request: unknown[]) => {
      asked.push(request);
      return { items: [submission], next: "more" };
    },
    delete: async ({ id }: Submission) => void deleted.push(id),
  };
  const ports = { submissions, clock: { now: () => NOW }, log: () => undefined };
  return { ports: ports as unknown as Ports, deleted, asked };
}

const REQUEST = {
  connectorId: CONNECTOR_ID,
  states: ["processed"],
  olderThan: OLDER_THAN,
  dryRun: false,
  after: "before",
} as const;

test("what ended long ago and has lost its file is deleted, a page at a time", async () => {
  const submission = aSubmission(GONE);
  const { ports, deleted, asked } = makePorts(submission);

  const done = await cleanUpSubmissions(ports, REQUEST);

  expect(done).toEqual({ count: 1, next: "more" });
  expect(deleted).toEqual([submission.id]);
  const page = { limit: 200, after: "before", receivedBefore: OLDER_THAN };
  expect(asked).toEqual([[CONNECTOR_ID, null, page]]);
});

test.each<[string, Partial<Submission>]>([
  ["whose file is kept", { fileDeletedAt: null }],
  ["in another state", { state: "dead-lettered" }],
  ["that is owed a run", { state: "enqueued", endedAt: null }],
  ["that ended later", { endedAt: OLDER_THAN }],
])("a submission %s is left alone", async (_, facts) => {
  const { ports, deleted } = makePorts(aSubmission({ ...GONE, ...facts }));

  expect(await cleanUpSubmissions(ports, REQUEST)).toEqual({ count: 0, next: "more" });
  expect(deleted).toEqual([]);
});

test("a dry run only counts", async () => {
  const { ports, deleted } = makePorts(aSubmission(GONE));

  const done = await cleanUpSubmissions(ports, { ...REQUEST, dryRun: true });

  expect([done.count, deleted]).toEqual([1, []]);
});

test("nothing younger than the longest time in which a file can be one submission is cleaned up", async () => {
  const { ports } = makePorts(aSubmission(GONE));
  const olderThan = new Date(NOW.getTime() - 30 * 86_400_000 + 1);

  await expect(cleanUpSubmissions(ports, { ...REQUEST, olderThan })).rejects.toMatchObject({
    code: "request-invalid",
    problems: [{ field: "olderThan" }],
  });
});
