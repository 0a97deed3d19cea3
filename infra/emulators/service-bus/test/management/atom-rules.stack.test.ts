import type { RuleProperties } from "@azure/service-bus";
import { expect, test } from "vitest";
import { all } from "./admin-client.ts";
import { startAdminEndpoint } from "./broker.ts";

const MISSING = { statusCode: 404, code: "MessageEntityNotFoundError" };
const CONFLICT = { statusCode: 409, code: "MessageEntityAlreadyExistsError" };
const BAD = { statusCode: 400, code: "ServiceError" };

/** An endpoint with a topic `t` and a subscription `s`. */
async function startWithSubscription() {
  const endpoint = await startAdminEndpoint();
  await endpoint.admin.createTopic("t");
  await endpoint.admin.createSubscription("t", "s");
  return endpoint;
}

const rules: readonly Pick<RuleProperties, "name" | "filter" | "action">[] = [
  { name: "sql", filter: { sqlExpression: "a < 5 AND b <> 'x & y'" }, action: {} },
  {
    name: "sql-with-parameters",
    filter: {
      sqlExpression: "a = @text OR b = @number OR c = @flag",
      sqlParameters: {
        "@text": "it's",
        "@number": 1.5,
        "@flag": true,
      },
    },
    action: {
      sqlExpression: "SET a = @x; REMOVE b",
      sqlParameters: { "@x": 5 },
    },
  },
  {
    name: "correlation",
    filter: {
      correlationId: "c",
      messageId: "m",
      to: "t",
      replyTo: "r",
      subject: "s",
      sessionId: "ss",
      replyToSessionId: "rs",
      contentType: "text/csv",
      applicationProperties: {
        text: "x",
        number: 5,
        flag: false,
        at: new Date("2026-01-02T03:04:05.678Z"),
      },
    },
    action: {},
  },
];

test.each(rules.map((rule) => [rule.name, rule] as const))(
  "rules of kind %s come back as they were created",
  async (name, { filter, action }) => {
    const { admin } = await startWithSubscription();

    const created = await admin.createRule("t", "s", name, filter, action);

    expect(created).toEqual({ name, filter, action });
    expect(await admin.getRule("t", "s", name)).toEqual(created);
  },
);

test("rules keep the types of the values they compare", async () => {
  const { admin, namespace } = await startWithSubscription();
  const at = new Date("2026-01-02T03:04:05.678Z");

  await admin.createRule("t", "s", "typed", {
    applicationProperties: { text: "5", number: 5, flag: true, at },
  });

  expect(namespace.rules("t", "s").get("typed")?.config.filter).toMatchObject({
    applicationProperties: new Map<string, unknown>([
      ["text", { type: "string", value: "5" }],
      ["number", { type: "double", value: 5 }],
      ["flag", { type: "boolean", value: true }],
      ["at", { type: "timestamp", value: at.getTime() }],
    ]),
  });
});

test("rules start with one that takes everything, or the one that is asked for", async () => {
  const { admin } = await startWithSubscription();
  const custom = {
    name: "mine",
    filter: { sqlExpression: "a = 1" },
    action: { sqlExpression: "SET b = 2" },
  };
  await admin.createSubscription("t", "custom", { defaultRuleOptions: custom });

  expect(await all(admin.listRules("t", "s"))).toEqual([
    { name: "$Default", filter: { sqlExpression: "1=1" }, action: {} },
  ]);
  expect(await all(admin.listRules("t", "custom"))).toEqual([custom]);
  await admin.deleteRule("t", "s", "$Default");
  expect(await admin.ruleExists("t", "s", "$Default")).toBe(false);
});

test("rules are updated, listed and deleted", async () => {
  const { admin } = await startWithSubscription();
  const rule = await admin.createRule("t", "s", "r", { sqlExpression: "a = 1" });
  await admin.createRule("t", "s", "q", { subject: "x" });

  const updated = await admin.updateRule("t", "s", { ...rule, filter: { subject: "y" } });
  expect(updated.filter).toMatchObject({ subject: "y" });

  expect(await admin.getRule("t", "s", "r")).toMatchObject({ filter: { subject: "y" } });
  const pages = await all(admin.listRules("t", "s").byPage({ maxPageSize: 2 }));
  expect(pages.map((page) => page.map(({ name }) => name))).toEqual([["$Default", "q"], ["r"]]);
  await admin.deleteRule("t", "s", "r");
  expect(await admin.ruleExists("t", "s", "r")).toBe(false);
  expect(await admin.ruleExists("t", "s", "q")).toBe(true);
});

test("rules are refused for what is missing, taken or wrong", async () => {
  const { admin } = await startWithSubscription();
  const filter = { sqlExpression: "a = 1" };
  const rule = await admin.createRule("t", "s", "r", filter);

  await expect(admin.createRule("t", "none", "r", filter)).rejects.toMatchObject(MISSING);
  await expect(admin.getRule("t", "s", "none")).rejects.toMatchObject(MISSING);
  await expect(admin.updateRule("t", "s", { ...rule, name: "no" })).rejects.toMatchObject(MISSING);
  await expect(admin.deleteRule("t", "s", "none")).rejects.toMatchObject(MISSING);
  await expect(all(admin.listRules("t", "none"))).rejects.toMatchObject(MISSING);
  await expect(admin.createRule("t", "s", "R", filter)).rejects.toMatchObject(CONFLICT);
  await expect(admin.createRule("t", "s", "r/x", filter)).rejects.toMatchObject(BAD);
});

test("rules are refused with the place of an error in their SQL", async () => {
  const { admin } = await startWithSubscription();

  await expect(
    admin.createRule("t", "s", "r", { sqlExpression: "a = @missing" }),
  ).rejects.toMatchObject({
    ...BAD,
    message: expect.stringContaining("at character 5: the parameter @missing has no value"),
  });
  await expect(
    admin.createRule("t", "s", "r", { subject: "x" }, { sqlExpression: "SET a" }),
  ).rejects.toMatchObject({ ...BAD, message: expect.stringContaining("at character 6") });
});
