import { expect, test } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { partnerMessage } from "../../src/domain/partner-message.ts";

const INSIDE = 'Cannot read table "plant.items" at db.internal: role "reader" may not';

test.each([
  "source-invalid",
  "source-unavailable",
  "target-invalid",
  "target-unavailable",
  "connection-unknown",
  "connection-invalid",
  "settings-invalid",
  "shape-invalid",
  "filter-invalid",
  "definition-invalid",
  "conversion-failed",
  "value-not-representable",
] as const)("a partner reads nothing of the message of %s", (code) => {
  const told = partnerMessage(new AppError(code, INSIDE));

  expect(told).toMatch(/^Cannot .*ask the operator/);
  expect(told).not.toMatch(/plant|items|internal|reader/);
});

test("a partner reads the message of a failure that is about what it sent", () => {
  expect(partnerMessage(new AppError("file-empty", "Cannot take the file"))).toBe(
    "Cannot take the file",
  );
});

test("a text of the failure's own goes before that of its code", () => {
  const error = new AppError("source-invalid", INSIDE, { partnerMessage: "Cannot read: too old" });

  expect(partnerMessage(error)).toBe("Cannot read: too old");
});

test("a failure that was stored without a text for partners has that of its code", () => {
  expect(partnerMessage({ code: "target-invalid", message: INSIDE })).not.toContain("plant");
  expect(partnerMessage({ code: "unforeseen", message: "see the log" })).toBe("see the log");
});
