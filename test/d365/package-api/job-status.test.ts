import { expect, test } from "vitest";
import { NO_DATE } from "../../../src/d365/d365-status.ts";
import { jobStatus } from "../../../src/d365/package-api/job-status.ts";
import type { EntityResult } from "../../../src/domain/imports/import-result.ts";
import type { Submission } from "../../../src/domain/submissions/submission.ts";
import type { Submissions } from "../../../src/domain/submissions/submissions.ts";
import { aSubmission } from "../../support/a-submission.ts";

function statusOf(submission: Submission, repetitions = 0) {
  const hear: Submissions["hear"] = async (_, change) => change({ askedAt: null, repetitions });
  const submissions = {
    findAt: async () => submission,
    hear,
  } as Partial<Submissions> as Submissions;
  const clock = { now: () => new Date("2026-03-01T10:00:00Z") };
  return jobStatus(
    { submissions, clock },
    { connectorId: submission.connectorId, id: submission.id },
  );
}

function anEntity(facts: Partial<EntityResult>): EntityResult {
  return {
    ...{ name: "Items", outcome: "kept", because: null, rows: 10, invalidRows: 0, refusedRows: 0 },
    ...{ ignoredFields: [], matchedLoosely: [], errorFile: null, startedAt: null, endedAt: null },
    ...facts,
  };
}

test("a message that waits has no date that is null, and no details", async () => {
  const submission = aSubmission({ externalId: null, clientExecutionId: "theirs" });

  expect(await statusOf(submission)).toEqual({
    DataJobStatus: {
      DataProject: "items",
      DataJobIdentifier: submission.id,
      ExternalIdentifier: "",
      ExecutionIdentifier: "theirs",
      DataJobStartedDateTime: NO_DATE,
      DataJobCompletedDateTime: NO_DATE,
      DataJobState: 0,
    },
    ExecutionLog: "",
    ExecutionDetail: [],
  });
});

test("repetitions are told where there were any, and nothing else differs from the original's answer", async () => {
  const submission = aSubmission();

  const answer = await statusOf(submission, 2);

  expect(answer).toEqual({ ...(await statusOf(submission)), Repetitions: 2 });
});

test("the details say what became of each entity's rows, and the log why", async () => {
  const submission = aSubmission({
    state: "processed-with-errors",
    company: "USMF",
    endedAt: new Date("2026-03-01T10:05:00Z"),
    result: {
      validateOnly: false,
      errorList: null,
      errors: 4,
      entities: [
        anEntity({ invalidRows: 2, refusedRows: 1 }),
        anEntity({
          name: "Prices",
          outcome: "not-kept",
          because: "too many bad rows",
          invalidRows: 9,
        }),
        anEntity({ name: "Groups", outcome: "not-run", rows: 0 }),
      ],
    },
  });

  const status = await statusOf(submission);

  expect(status.DataJobStatus).toMatchObject({
    DataJobState: 6,
    DataJobCompletedDateTime: "2026-03-01T10:05:00.000Z",
  });
  expect(status.ExecutionLog).toBe("Prices: too many bad rows\n4 error(s) in rows");
  expect(status.ExecutionDetail).toMatchObject([
    {
      ...{ EntityName: "Items", Company: "USMF", StagingRecords: 10, StagingStatus: 4 },
      ...{ StagingErrorCount: 2, TargetRecords: 7, TargetStatus: 4, TargetErrorCount: 1 },
    },
    { EntityName: "Prices", StagingStatus: 3, TargetStatus: 6, TargetRecords: 0 },
    { EntityName: "Groups", StagingStatus: 6, TargetStatus: 6 },
  ]);
});

test("a failure stands in the log once, also where an entity gives the same reason", async () => {
  const failure = { code: "columns-missing", message: 'it lacks the column(s) "id"' };
  const submission = aSubmission({
    ...{ state: "preprocessing-failed", failure },
    result: {
      ...{ validateOnly: false, errorList: null, errors: 0 },
      entities: [anEntity({ outcome: "failed", because: failure.message })],
    },
  });

  const status = await statusOf(submission);

  expect(status.ExecutionLog).toBe(failure.message);
  expect(status.DataJobStatus.DataJobState).toBe(8);
});

test("the log holds what partners may read, of the failure and of each entity", async () => {
  const failure = { code: "target-invalid", message: 'Cannot write to table "plant.items"' };
  const submission = aSubmission({
    ...{ state: "preprocessing-failed", failure },
    result: {
      ...{ validateOnly: false, errorList: null, errors: 0 },
      entities: [
        anEntity({ outcome: "not-kept", because: failure.message, partnerBecause: "hidden" }),
        anEntity({
          ...{ name: "Prices", outcome: "not-kept" },
          ...{ because: 'row 1 is bad: is not in "plant.items"', partnerBecause: "row 1 is bad" },
        }),
      ],
    },
  });

  const { ExecutionLog } = await statusOf(submission);

  expect(ExecutionLog).toMatch(/^Cannot write the rows to their target: .*\nPrices: row 1 is bad$/);
});

test("a check says so in the log, and that nothing is in the target", async () => {
  const submission = aSubmission({
    ...{ state: "processed-with-errors" },
    result: {
      ...{ validateOnly: true, errorList: null, errors: 1 },
      entities: [anEntity({ outcome: "validated", invalidRows: 1 })],
    },
  });

  const { ExecutionLog, ExecutionDetail } = await statusOf(submission);

  expect(ExecutionLog).toBe("checked only: nothing was written to the target\n1 error(s) in rows");
  expect(ExecutionDetail).toMatchObject([
    {
      StagingRecords: 10,
      StagingStatus: 4,
      StagingErrorCount: 1,
      TargetRecords: 0,
      TargetStatus: 6,
    },
  ]);
});
