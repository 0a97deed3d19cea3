import { expect, test } from "vitest";
import { deleteSubmissionFiles } from "../../../src/domain/retention/delete-submission-files.ts";
import { toRunAgain, withoutFile } from "../../../src/domain/submissions/submission.ts";
import {
  CONNECTOR_ID,
  DAY_MS,
  fail,
  importConnector,
  makeSweep,
  NEVER,
  NOW,
  receive,
} from "./sweep.ts";

test.each([
  [undefined, 7],
  [1, 1],
  [30, 30],
])(
  "a connector with %s retention days keeps a file %d days after its import has ended",
  async (retentionDays, days) => {
    const sweep = makeSweep({ [`connectors/${CONNECTOR_ID}`]: importConnector({ retentionDays }) });
    const submission = receive(sweep);
    sweep.clock.advance(2 * DAY_MS);
    fail(sweep, submission);

    sweep.clock.advance(days * DAY_MS - 1);
    expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);
    expect(sweep.names()).toHaveLength(1);
    sweep.clock.advance(1);
    expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(1);

    expect(sweep.names()).toEqual([]);
    expect(sweep.submissions).toMatchObject([
      { id: submission.id, state: "preprocessing-failed", fileDeletedAt: sweep.clock.now() },
    ]);
    expect(sweep.logged).toEqual(["submission-file-deleted"]);
  },
);

test("a connector that was deleted keeps files for seven days", async () => {
  const sweep = makeSweep();
  fail(sweep, receive(sweep));

  sweep.clock.advance(7 * DAY_MS - 1);
  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);
  sweep.clock.advance(1);
  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(1);
});

test("a connector that was deleted keeps files for as long as it said when they came", async () => {
  const sweep = makeSweep();
  const submission = { ...receive(sweep), retentionDays: 30 };
  sweep.submissions = [submission];
  fail(sweep, submission);

  sweep.clock.advance(30 * DAY_MS - 1);
  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);
  sweep.clock.advance(1);
  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(1);
});

test("a file whose import has not ended is kept whatever its age, and reported", async () => {
  const sweep = makeSweep();
  receive(sweep);

  sweep.clock.advance(7 * DAY_MS - 1);
  await deleteSubmissionFiles(sweep.ports, NEVER);
  expect(sweep.logged).toEqual([]);
  sweep.clock.advance(1_000 * DAY_MS);
  await deleteSubmissionFiles(sweep.ports, NEVER);

  expect(sweep.logged).toEqual(["file-overdue"]);
  expect(sweep.names()).toHaveLength(1);
});

test("a submission that was sent back to work in the last moment keeps its file", async () => {
  const sweep = makeSweep();
  const submission = fail(sweep, receive(sweep));
  sweep.clock.advance(8 * DAY_MS);
  const again = toRunAgain(submission, { executionId: submission.id, now: sweep.clock.now() });
  const { find } = sweep.ports.submissions;
  sweep.ports.submissions.find = async (id) => {
    const found = await find(id);
    sweep.submissions = [again];
    return found;
  };

  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);

  expect(sweep.names()).toHaveLength(1);
  expect(sweep.submissions).toEqual([again]);
});

test("what a dead sweep left of a submission that gave its file up is deleted, whatever the time is by now", async () => {
  const sweep = makeSweep({
    [`connectors/${CONNECTOR_ID}`]: importConnector({ retentionDays: 3_650 }),
  });
  const submission = fail(sweep, receive(sweep));
  sweep.submissions = [withoutFile(submission, NOW)];
  sweep.clock.advance(DAY_MS);

  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(1);

  expect(sweep.names()).toEqual([]);
  expect(sweep.submissions[0]?.fileDeletedAt).toEqual(NOW);
});

test("a file that no submission knows is deleted a day after its time; another submission's is not touched", async () => {
  const sweep = makeSweep();
  const { id } = receive(sweep);
  const ofNobody = "019ca8d7-2d00-79b5-9fb0-a0e114a2a3b2";
  sweep.put({ container: "inbox", name: `${CONNECTOR_ID}/${ofNobody}/x` });
  sweep.put({ container: "import-errors", name: `${CONNECTOR_ID}/${id}/x/list` });

  sweep.clock.advance(8 * DAY_MS - 1);
  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);
  sweep.clock.advance(1);
  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(2);

  expect(sweep.names()).toEqual([sweep.submissions[0]?.file.path.name]);
});

test("what an attempt under way has written is kept", async () => {
  const sweep = makeSweep();
  const submission = receive(sweep);
  const path = { container: "import-errors", name: `${CONNECTOR_ID}/${submission.id}/x/list` };
  sweep.put(path);
  sweep.submissions = [{ ...submission, written: [path] }];
  sweep.clock.advance(100 * DAY_MS);

  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);

  expect(sweep.names()).toHaveLength(2);
});

test("what is named otherwise is left alone", async () => {
  const sweep = makeSweep();
  sweep.put({ container: "inbox", name: "notes.txt" });
  sweep.put({ container: "inbox", name: `${CONNECTOR_ID}/notes.txt` });
  sweep.clock.advance(1_000 * DAY_MS);

  expect(await deleteSubmissionFiles(sweep.ports, NEVER)).toBe(0);

  expect(sweep.names()).toHaveLength(2);
});
