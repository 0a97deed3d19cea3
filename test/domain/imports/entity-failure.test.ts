import { expect, test } from "vitest";
import {
  type EndedPart,
  heldUpByFailure,
  whyNotRun,
} from "../../../src/domain/imports/entity-failure.ts";
import type { EntityResult } from "../../../src/domain/imports/import-result.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";

function ended(result: Partial<EntityResult>, part: Partial<EndedPart["part"]> = {}): EndedPart {
  return {
    part: { executionUnit: 1, failsOnErrors: false, ...part },
    result: {
      ...{ name: "Groups", outcome: "kept", because: null, rows: 3, invalidRows: 0 },
      ...{
        refusedRows: 0,
        ignoredFields: [],
        matchedLoosely: [],
        errorFile: null,
        startedAt: null,
        endedAt: null,
      },
      ...result,
    },
  };
}

const NEXT = { executionUnit: 1, failsOnErrors: false };

test.each<[failOnError: boolean | null, onRowErrors: "continue" | "stop", heldUp: string]>([
  [null, "continue", "unit"],
  [null, "stop", "unit"],
  [false, "continue", "none"],
  [false, "stop", "unit"],
  [true, "continue", "all"],
  [true, "stop", "all"],
])(
  "with failOnError %s and onRowErrors %s a failure holds up: %s",
  (failOnError, onRowErrors, heldUp) => {
    const definition = DEFINITION_SCHEMAS.kinds.imports.parse({
      format: { kind: "package" },
      entities: [{ name: "Items", target: { kind: "blob", container: "things" } }],
      errors: { onRowErrors },
    });
    const options = { execute: true, failOnError, uploadId: "u" };

    expect(heldUpByFailure(definition, { options })).toBe(heldUp);
  },
);

test.each<[what: string, before: EndedPart, why: string | null]>([
  ["kept", ended({}), null],
  ["checked", ended({ outcome: "validated" }), null],
  ["kept with bad rows", ended({ invalidRows: 1 }), null],
  [
    "kept with bad rows, which the package does not allow",
    ended({ invalidRows: 1, refusedRows: 1 }, { failsOnErrors: true }),
    "has 2 bad row(s), and the package's manifest says to stop at errors",
  ],
  ["kept whole, in a package that allows no bad rows", ended({}, { failsOnErrors: true }), null],
  ["not kept", ended({ outcome: "not-kept" }), "was not kept"],
  ["broken off", ended({ outcome: "failed" }), "broke off"],
  ["not run", ended({ outcome: "not-run", invalidRows: 0 }), null],
])("behind an entity that is %s, in its unit", (_, before, why) => {
  const expected = why === null ? null : `not run, because entity "Groups" before it ${why}`;

  expect(whyNotRun(NEXT, [before], "unit")).toBe(expected);
  expect(whyNotRun(NEXT, [before], "all")).toBe(expected);
  expect(whyNotRun(NEXT, [before], "none")).toBeNull();
});

test("another execution unit is held up only where everything is, and the first failure is the reason", () => {
  const failed = ended({ outcome: "not-kept" }, { executionUnit: 2 });
  const notRun = ended({ name: "Items", outcome: "not-run" }, { executionUnit: 2 });
  const later = ended({ name: "Prices", outcome: "failed" });

  expect(whyNotRun(NEXT, [failed, notRun], "unit")).toBeNull();
  expect(whyNotRun(NEXT, [failed, notRun, later], "unit")).toContain('"Prices"');
  expect(whyNotRun(NEXT, [failed, notRun, later], "all")).toContain('"Groups"');
});
