import { expect, test } from "vitest";
import {
  entitySummaries,
  executionErrors,
} from "../../../src/d365/package-api/describe-execution.ts";
import type { FoundExecution } from "../../../src/d365/package-api/find-execution.ts";
import type { EntityResult } from "../../../src/domain/imports/import-result.ts";
import type { Files } from "../../../src/domain/ports.ts";
import { aSubmission } from "../../support/a-submission.ts";

const BECAUSE = 'not run, because entity "Groups" before it was not kept';

function importOf(entities: readonly Partial<EntityResult>[]): FoundExecution {
  const whole = entities.map(
    (entity): EntityResult => ({
      ...{ name: "Items", outcome: "kept", because: null, rows: 4, invalidRows: 0 },
      ...{
        refusedRows: 0,
        ignoredFields: [],
        matchedLoosely: [],
        errorFile: null,
        startedAt: null,
        endedAt: null,
      },
      ...entity,
    }),
  );
  const result = { validateOnly: false, entities: whole, errors: 0, errorList: null };
  return { kind: "import", submission: aSubmission({ state: "processed-with-errors", result }) };
}

test("a summary says of each entity how far it is, and why not further", () => {
  const summaries = entitySummaries(
    importOf([
      { invalidRows: 1, refusedRows: 1 },
      { name: "Prices", outcome: "validated" },
      { name: "Groups", outcome: "not-run", because: BECAUSE, rows: 0 },
    ]),
  );

  expect(summaries).toEqual([
    { EntityName: "Items", Status: "Finished", Records: 4, Errors: 2, Message: "" },
    {
      ...{ EntityName: "Prices", Status: "NotRun", Records: 4, Errors: 0 },
      Message: "checked only: nothing was written to the target",
    },
    { EntityName: "Groups", Status: "NotRun", Records: 0, Errors: 0, Message: BECAUSE },
  ]);
});

test("among the errors is each entity that was not run, with its name", async () => {
  const files = {} as Files;

  const errors = await executionErrors(
    { files },
    importOf([{}, { name: "Prices", outcome: "not-run", because: BECAUSE }]),
  );

  expect(errors).toEqual([{ RecordId: "", Field: "", ErrorMessage: `Prices: ${BECAUSE}` }]);
});
