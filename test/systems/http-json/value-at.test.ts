import { expect, test } from "vitest";
import { valueAt } from "../../../src/systems/http-json/value-at.ts";

test("valueAt finds own members only, and a name with dots before a path", () => {
  const document = JSON.parse('{"a": {"b": 1, "__proto__": 2}, "a.b": 3, "@odata.etag": "x"}');

  expect(valueAt(document, "a.b")).toBe(3);
  expect(valueAt(document, "@odata.etag")).toBe("x");
  expect(valueAt(document, "a.__proto__")).toBe(2);
  expect(valueAt(document, "a.constructor")).toBeUndefined();
  expect(valueAt(document, "constructor.name")).toBeUndefined();
});
