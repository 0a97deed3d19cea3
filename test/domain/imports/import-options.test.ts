import { expect, test } from "vitest";
import { definitionFor, isCheck } from "../../../src/domain/imports/import-options.ts";
import { askedAgain } from "../../../src/domain/submissions/submission.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import { aSubmission } from "../../support/a-submission.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const CHECK = { execute: false, failOnError: null, uploadId: "u1" };
const IMPORT = { execute: true, failOnError: null, uploadId: "u1" };

function definition(more: object) {
  return DEFINITION_SCHEMAS.kinds.imports.parse({
    format: { kind: "package" },
    entities: [{ name: "Items", target: { kind: "blob", container: "things" } }],
    ...more,
  });
}

test.each([
  ["continue", null, "continue"],
  ["continue", false, "continue"],
  ["continue", true, "stop"],
  ["stop", null, "stop"],
  ["stop", false, "stop"],
  ["stop", true, "stop"],
] as const)("onRowErrors %s with failOnError %s is %s", (onRowErrors, failOnError, expected) => {
  const own = definition({ errors: { onRowErrors, maxErrorShare: 0.5 } });

  const { errors } = definitionFor(own, { options: { ...IMPORT, failOnError } });

  expect(errors).toEqual({ ...own.errors, onRowErrors: expected });
});

test.each([
  [false, undefined, false],
  [false, IMPORT, false],
  [false, CHECK, true],
  [true, IMPORT, true],
] as const)("validateOnly %s with %j is %s", (validateOnly, options, expected) => {
  expect(definitionFor(definition({ validateOnly }), { options }).validateOnly).toBe(expected);
});

test("what was checked waits for its execution as if it had just come, under the same ids", () => {
  const written = [{ container: "import-errors", name: "a/b/list" }];
  const checked = aSubmission({
    ...{ state: "processed-with-errors", options: CHECK, revision: 4, attempts: 2, written },
    ...{ startedAt: NOW, endedAt: NOW, failure: { code: "x", message: "y" }, company: "USMF" },
  });
  const { file } = checked;

  const again = askedAgain(checked, { options: IMPORT, company: "DEMF", file, now: NOW });

  expect(again).toMatchObject({
    ...{ id: checked.id, executionId: checked.executionId, state: "enqueued", revision: 5 },
    ...{ attempts: 0, startedAt: null, endedAt: null, failure: null, result: null, dueAt: NOW },
    ...{ options: IMPORT, company: "DEMF", file, written },
  });
  expect([isCheck(checked), isCheck(again), isCheck(aSubmission())]).toEqual([true, false, false]);
});

test("a file that another has taken the place of is to be deleted", () => {
  const checked = aSubmission({ options: CHECK });
  const file = { ...checked.file, path: { container: "inbox", name: "other" } };

  const again = askedAgain(checked, { options: CHECK, company: null, file, now: NOW });

  expect([again.file, again.written]).toEqual([file, [checked.file.path]]);
});
