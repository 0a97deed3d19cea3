import { expect, test } from "vitest";
import { resolveConnection } from "../../src/service-bus/clients.ts";

test.each([
  [{ Bus: "Endpoint=x" }, { connectionString: "Endpoint=x" }],
  [{ AzureWebJobsBus: "Endpoint=y", Bus: "Endpoint=x" }, { connectionString: "Endpoint=y" }],
  [{ Bus__fullyQualifiedNamespace: "n" }, { namespace: "n", clientId: undefined }],
  [
    { Bus__fullyQualifiedNamespace: "n", Bus__clientId: "c" },
    { namespace: "n", clientId: "c" },
  ],
  [{ "bus:fullyqualifiednamespace": "n" }, { namespace: "n", clientId: undefined }],
  [{ Bus: "Endpoint=x", Bus__fullyQualifiedNamespace: "n" }, { connectionString: "Endpoint=x" }],
])("connection Bus with %j is %j", (settings, expected) => {
  expect(resolveConnection(settings as Record<string, string>, "Bus")).toEqual(expected);
});

test("a connection without a setting is refused with what to set", () => {
  expect(() => resolveConnection({}, "Bus")).toThrow(
    'There is no Service Bus connection "Bus": set "Bus" or "Bus__fullyQualifiedNamespace"',
  );
});
