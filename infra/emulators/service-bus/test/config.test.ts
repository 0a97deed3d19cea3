import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "../src/config.ts";

const sample = readFileSync(new URL("./emulator-config.jsonc", import.meta.url), "utf8");

/** A file with these queues and topics, on one line. */
const file = (namespace: object) =>
  JSON.stringify({
    UserConfig: {
      Namespaces: [{ Name: "sbemulatorns", ...namespace }],
      Logging: { Type: "File" },
    },
  });

const queue = (Properties: object) => file({ Queues: [{ Name: "q", Properties }] });

function problemsOf(text: string, options?: { strict: boolean }) {
  try {
    parseConfig(text, options);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.map(({ path, message }) => `${path} ${message}`);
  }
}

describe("parseConfig, of the sample", () => {
  test.each([true, false])("reads every queue setting (strict: %s)", (strict) => {
    const { name, queues } = parseConfig(sample, { strict });

    expect(name).toBe("sbemulatorns");
    expect(queues.map((each) => each.name)).toEqual([
      "runs",
      "imports",
      "partner/north/inbox",
      "failed",
    ]);
    expect(queues[0]).toEqual({
      name: "runs",
      authorizationRules: [],
      status: "Active",
      userMetadata: "",
      passive: {},
      defaultTimeToLiveMs: 3_600_000,
      lockDurationMs: 60_000,
      maxDeliveryCount: 2,
      requiresSession: false,
      deadLetterOnExpiration: true,
      forwardTo: null,
      forwardDeadLetteredTo: "failed",
      requiresDuplicateDetection: true,
      duplicateDetectionWindowMs: 20_000,
    });
  });

  test("gives the emulator's defaults to what is not set", () => {
    const { queues } = parseConfig(sample, { strict: true });

    expect(queues[2]).toMatchObject({
      defaultTimeToLiveMs: 3_600_000,
      lockDurationMs: 60_000,
      maxDeliveryCount: 3,
      requiresSession: false,
      deadLetterOnExpiration: false,
      forwardTo: null,
      forwardDeadLetteredTo: null,
      requiresDuplicateDetection: false,
      duplicateDetectionWindowMs: 20_000,
    });
  });

  test("reads topics with their subscriptions", () => {
    const [topic] = parseConfig(sample, { strict: true }).topics;

    expect(topic).toMatchObject({
      name: "file-available",
      defaultTimeToLiveMs: 1_800_000,
      requiresDuplicateDetection: true,
      duplicateDetectionWindowMs: 60_000,
    });
    expect(topic?.subscriptions).toMatchObject([
      { name: "fan-out", rules: [], deadLetterOnFilterError: true },
      { name: "north", rules: [{ name: "items-of-the-north" }, { name: "addressed-to-north" }] },
      { name: "large-or-urgent", requiresSession: true },
      { name: "to-inbox", forwardTo: "partner/north/inbox" },
    ]);
  });
});

describe("parseConfig, of the sample's rules", () => {
  test("reads correlation rules with typed properties", () => {
    const [topic] = parseConfig(sample).topics;
    const rules = topic?.subscriptions[1]?.rules;

    expect(rules?.[0]?.filter).toEqual({
      kind: "correlation",
      system: { subject: "Shop.ItemChanges" },
      applicationProperties: new Map<string, unknown>([
        ["region", { type: "string", value: "north" }],
        ["version", { type: "long", value: 2n }],
        ["final", { type: "boolean", value: true }],
      ]),
    });
    expect(rules?.[1]?.filter).toMatchObject({
      system: {
        contentType: "text/csv",
        correlationId: "run-1",
        subject: "Shop.Prices",
        messageId: "m-north",
        replyTo: "failed",
        replyToSessionId: "s-2",
        sessionId: "s-1",
        to: "north",
      },
    });
    expect(rules?.[1]?.action).toBeNull();
  });

  test("reads SQL rules with their actions", () => {
    const [topic] = parseConfig(sample).topics;
    const rule = topic?.subscriptions[2]?.rules[0];

    expect(rule?.filter).toMatchObject({
      kind: "sql",
      expression: expect.stringContaining("1024 * 1024"),
    });
    expect(rule?.action?.expression).toContain("REMOVE region");
  });
});

describe("parseConfig, strict and not", () => {
  test.each([
    ["DefaultMessageTimeToLive", "PT2H"],
    ["DefaultMessageTimeToLive", "P10675199DT2H48M5.4775807S"],
    ["LockDuration", "PT1S"],
    ["LockDuration", "PT5.5S"],
    ["DuplicateDetectionHistoryTimeWindow", "P7D"],
    ["DuplicateDetectionHistoryTimeWindow", "PT1S"],
    ["MaxDeliveryCount", 11],
  ])("allows %s %s without strict only", (key, value) => {
    const text = queue({ [key]: value });

    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, { strict: true })).toEqual([
      expect.stringContaining(`Queues[0].Properties.${key} must`),
    ]);
  });

  test.each([
    ["LockDuration", "PT6M"],
    ["DuplicateDetectionHistoryTimeWindow", "P8D"],
    ["MaxDeliveryCount", 0],
    ["MaxDeliveryCount", 2001],
    ["DefaultMessageTimeToLive", "PT0S"],
    ["LockDuration", "1 minute"],
    ["LockDuration", "P"],
    ["LockDuration", "PT"],
  ])("never allows %s %s", (key, value) => {
    expect(problemsOf(queue({ [key]: value }))).toEqual([
      expect.stringContaining(`Queues[0].Properties.${key} must`),
    ]);
  });

  test("takes the longest time span for no limit", () => {
    const text = queue({ DefaultMessageTimeToLive: "P10675199DT2H48M5.4775807S" });

    expect(parseConfig(text).queues[0]?.defaultTimeToLiveMs).toBeNull();
  });

  test("counts years, months and days as .NET does", () => {
    const text = queue({ DefaultMessageTimeToLive: "P1Y1M1DT1H1M1.5S" });

    const ms = ((365 + 30 + 1) * 24 + 1) * 3_600_000 + 61_500;
    expect(parseConfig(text).queues[0]?.defaultTimeToLiveMs).toBe(ms);
  });
});

describe("parseConfig, strict", () => {
  test("bounds the number of entities", () => {
    const named = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ Name: `${prefix}${i}` }));
    const sql = { FilterType: "Sql", SqlFilter: { SqlExpression: "1=1" } };
    const text = file({
      Queues: named("q", 49),
      Topics: [
        { Name: "t0", Subscriptions: named("s", 51) },
        {
          Name: "t1",
          Subscriptions: [
            { Name: "s", Rules: named("r", 21).map((rule) => ({ ...rule, Properties: sql })) },
          ],
        },
      ],
    });

    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, { strict: true })).toEqual([
      "UserConfig.Namespaces[0] has 51 queues and topics, the limit is 50",
      "UserConfig.Namespaces[0].Topics[0] has 51 subscriptions, the limit is 50",
      "UserConfig.Namespaces[0].Topics[1] has 21 SQL rules, the limit is 20",
    ]);
  });

  test("wants the official name, logging and a subscription", () => {
    const text = JSON.stringify({
      UserConfig: { Namespaces: [{ Name: "shop", Topics: [{ Name: "t" }] }] },
    });

    expect(parseConfig(text)).toMatchObject({ name: "shop", topics: [{ subscriptions: [] }] });
    expect(problemsOf(text, { strict: true })).toEqual([
      'UserConfig.Namespaces[0].Name must be one of "sbemulatorns"',
      "UserConfig.Namespaces[0].Topics[0].Subscriptions is missing",
      "UserConfig.Logging is missing",
    ]);
  });
});
