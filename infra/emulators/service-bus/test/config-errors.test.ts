import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "../src/config.ts";

function problemsOf(text: string, options?: { strict: boolean }) {
  try {
    parseConfig(text, options);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems.map(({ path, message }) => `${path} ${message}`);
  }
}

describe("parseConfig, of a faulty file", () => {
  test("reports everything at once, with paths and lines", () => {
    const text = `{
      "UserConfig": {
        "Namespaces": [{
          "Name": "ns",
          "Queues": [
            { "Name": "-q", "Properties": { "LockDuratoin": "PT1M", "MaxDeliveryCount": "3" } },
            { "Name": "a", "Properties": { "ForwardTo": "nowhere" } },
            { "Name": "b", "Properties": { "ForwardTo": "a", "RequiresSession": true } }
          ],
          "Topics": [{ "Name": "A", "Subscriptions": [
            { "Name": "s/1", "Rules": [
              { "Name": "r", "Properties": { "FilterType": "Sql", "SqlFilter": { "SqlExpression": "a = " } } },
              { "Name": "R", "Properties": { "FilterType": "Correlation", "CorrelationFilter": {} } },
              { "Name": "x", "Properties": { "FilterType": "Magic" } },
              { "Name": "y", "Properties": { "FilterType": "Correlation", "CorrelationFilter": { "Properties": { "k": [1] } },
                "Action": { "SqlExpression": "SET" } } }
            ] }
          ] }]
        }]
      }
    }`;

    expect(() => parseConfig(text)).toThrow("line 6: UserConfig.Namespaces[0].Queues[0].Name must");
    expect(problemsOf(text).map((each) => each.replace("UserConfig.Namespaces[0].", ""))).toEqual([
      "Queues[0].Name must be letters, digits, . - _ or /, with a letter or digit at both ends",
      "Queues[0].Properties.MaxDeliveryCount must be of type number",
      "Queues[0].Properties has unknown keys: LockDuratoin",
      'Queues[1].Properties.ForwardTo names "nowhere", which is not a queue or topic here',
      "Queues[2].Properties.ForwardTo cannot be set together with RequiresSession",
      'Topics[0].Name repeats the name "A"',
      "Topics[0].Subscriptions[0].Name must be letters, digits, . - or _, with a letter or digit at both ends",
      expect.stringMatching(/Rules\[0\].*SqlExpression Cannot read the SQL .* at character 5/),
      "Topics[0].Subscriptions[0].Rules[1].Properties.CorrelationFilter must name a property to compare",
      'Topics[0].Subscriptions[0].Rules[1].Name repeats the name "R"',
      'Topics[0].Subscriptions[0].Rules[2].Properties.FilterType must be "Correlation" or "Sql"',
      "Topics[0].Subscriptions[0].Rules[3].Properties.CorrelationFilter.Properties.k must be text, a number or a boolean",
      expect.stringMatching(/Rules\[3\].Properties.Action.SqlExpression Cannot read/),
    ]);
  });
});

describe("parseConfig, of a file of another shape", () => {
  test.each([
    ["", "is not JSON: ValueExpected"],
    ["// nothing", "is not JSON: ValueExpected"],
    ["{", "is not JSON: CloseBraceExpected"],
    ['{"UserConfig" 1}', "is not JSON: ColonExpected"],
    ["[]", "must be of type object"],
    ["{}", "UserConfig is missing"],
    [`{"UserConfig":{"Namespaces":[]}}`, "must hold exactly one namespace"],
    [`{"UserConfig":{"Namespaces":[{"Name":"a"},{"Name":"b"}]}}`, "exactly one namespace"],
  ])("says of %j: %s", (text, message) => {
    expect(problemsOf(text).join()).toContain(message);
  });

  test("takes a byte order mark", () => {
    expect(problemsOf(`\uFEFF{"UserConfig":{"Namespaces":[{"Name":"ns"}]}}`)).toEqual([]);
  });

  test("throws nothing but its own error, whatever the JSON", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<unknown>("x", 1, true, null, "PT1M", "Sql", "Correlation"),
        fc.array(tie("any"), { maxLength: 2 }),
        fc.dictionary(
          fc.constantFrom(
            ..."UserConfig Namespaces Queues Topics Subscriptions Rules Name Properties __proto__".split(
              " ",
            ),
            ..."FilterType CorrelationFilter SqlFilter SqlExpression Action ForwardTo".split(" "),
          ),
          tie("any"),
        ),
      ),
    })).any;

    fc.assert(
      fc.property(value, fc.string(), (any, text) => {
        problemsOf(JSON.stringify(any));
        problemsOf(JSON.stringify({ UserConfig: { Namespaces: [any] } }), { strict: true });
        problemsOf(text);
      }),
      { numRuns: 300 },
    );
  });
});
