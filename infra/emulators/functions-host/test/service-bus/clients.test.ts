import { expect, test } from "vitest";
import { connectionString } from "../../src/service-bus/clients.ts";

test.each([
  [{ Bus: "Endpoint=x" }, "Endpoint=x"],
  [{ AzureWebJobsBus: "Endpoint=y", Bus: "Endpoint=x" }, "Endpoint=y"],
  [{ bus: "Endpoint=x" }, "Endpoint=x"],
  [{ Bus: "Endpoint=x", Bus__fullyQualifiedNamespace: "n" }, "Endpoint=x"],
])("connection Bus with %j is %j", (settings, expected) => {
  expect(connectionString(settings as Record<string, string>, "Bus")).toBe(expected);
});

test("a connection without a setting is refused with what to set", () => {
  expect(() => connectionString({}, "Bus")).toThrow(
    'There is no Service Bus connection "Bus": set "Bus"',
  );
});
