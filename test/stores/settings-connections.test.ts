import { expect, test } from "vitest";
import { settingsConnections } from "../../src/stores/settings-connections.ts";

const shop = { kind: "postgres", connectionString: "postgres://reader:hunter2@host/shop" } as const;

test("get gives the connection of that name", () => {
  expect(settingsConnections(new Map([["shop-db", shop]])).get("shop-db")).toBe(shop);
});

test("get names the connections that there are and the setting that is missing, and no secret", () => {
  const connections = settingsConnections(
    new Map([
      ["shop-db", shop],
      ["api", shop],
    ]),
  );

  expect(() => connections.get("other-db")).toThrow(
    expect.objectContaining({
      code: "connection-unknown",
      message:
        'Cannot use connection "other-db": the app\'s settings have "shop-db", "api"; add the setting CONNECTION_OTHER_DB',
    }),
  );
});

test.each(["__proto__", "constructor", "toString", ""])("there is no connection %j", (name) => {
  expect(() => settingsConnections(new Map()).get(name)).toThrow(
    expect.objectContaining({ code: "connection-unknown" }),
  );
});

test("get says what is wrong with a connection that cannot be used", () => {
  const reason = "the app's setting CONNECTION_CRM must be a URL";
  const connections = settingsConnections(new Map([["crm", { kind: "unusable", reason }]]));

  expect(() => connections.get("crm")).toThrow(
    expect.objectContaining({
      code: "connection-invalid",
      message: 'Cannot use connection "crm": the app\'s setting CONNECTION_CRM must be a URL',
    }),
  );
});
