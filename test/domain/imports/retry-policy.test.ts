import { expect, test } from "vitest";
import { hasStalled, isDue } from "../../../src/domain/imports/retry-policy.ts";
import { resent } from "../../../src/domain/submissions/submission.ts";
import { aSubmission } from "../../support/a-submission.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const IN_A_DAY = new Date("2026-03-02T12:00:00Z");

function putOff(touchedAt: Date, byMs: number) {
  return aSubmission({ touchedAt, dueAt: new Date(touchedAt.getTime() + byMs) });
}

test("a submission that is put off waits for its time", () => {
  const submission = putOff(NOW, 30_000);

  expect(isDue(submission, NOW)).toBe(false);
  expect(hasStalled(submission, NOW)).toBe(false);
  expect(isDue(submission, new Date(NOW.getTime() + 30_000))).toBe(true);
});

test("a submission that was put off by a clock a day ahead is due now, and stays so when it is sent again", () => {
  const submission = putOff(IN_A_DAY, 30_000);

  expect(hasStalled(submission, NOW)).toBe(true);
  expect(isDue(submission, NOW)).toBe(true);
  expect(isDue(resent(submission, NOW), NOW)).toBe(true);
});

test("a run that nobody begins is sent after one minute, two, four, eight ...", () => {
  let submission = aSubmission({ touchedAt: NOW, dueAt: NOW });
  const sentAfter: number[] = [];
  for (let minute = 1; minute <= 17; minute++) {
    const now = new Date(NOW.getTime() + minute * 60_001);
    if (hasStalled(submission, now)) {
      submission = resent(submission, now);
      sentAfter.push(minute);
    }
  }

  expect(sentAfter).toEqual([1, 2, 4, 8, 16]);
});
