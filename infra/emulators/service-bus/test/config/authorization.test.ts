import { expect, test } from "vitest";
import { EMULATOR_RULE } from "../../src/authorization/rule.ts";
import { parseConfig } from "../../src/config.ts";

const config = (namespace: object) =>
  JSON.stringify({
    UserConfig: { Namespaces: [{ Name: "sbemulatorns", ...namespace }], Logging: { Type: "File" } },
  });

const rule = { Name: "r", PrimaryKey: "one", SecondaryKey: "two", Rights: ["Listen"] };
const read = { name: "r", primaryKey: "one", secondaryKey: "two", rights: ["Listen"] };

test("parseConfig reads the authorization rules of the namespace, of queues and of topics", () => {
  const AuthorizationRules = [rule];
  const own = { AuthorizationRules };

  const parsed = parseConfig(
    config({ ...own, Queues: [{ Name: "q", ...own }], Topics: [{ Name: "t", ...own }] }),
  );

  expect(parsed.authorizationRules).toEqual([read]);
  expect(parsed.queues[0]?.authorizationRules).toEqual([read]);
  expect(parsed.topics[0]?.authorizationRules).toEqual([read]);
});

test("parseConfig gives the namespace the rule of Microsoft's emulator when the file has none", () => {
  const { authorizationRules } = parseConfig(config({}), { strict: true });

  expect(authorizationRules).toEqual([EMULATOR_RULE]);
  expect(EMULATOR_RULE).toMatchObject({
    name: "RootManageSharedAccessKey",
    primaryKey: "SAS_KEY_VALUE",
  });
});

test("parseConfig makes the keys that the file leaves out", () => {
  const AuthorizationRules = [{ Name: "r", Rights: ["Send"] }];

  const [made] = parseConfig(config({ AuthorizationRules })).authorizationRules;

  expect(Buffer.from(made?.primaryKey ?? "", "base64").length).toBe(32);
  expect(made?.secondaryKey).not.toBe(made?.primaryKey);
});

test.each([
  ["Manage alone", [{ ...rule, Rights: ["Manage"] }], "Manage permission should also include"],
  ["a right that there is not", [{ ...rule, Rights: ["Look"] }], "must be one of"],
  ["two rules of one name", [rule, rule], "two authorization rules"],
  ["an empty key", [{ ...rule, PrimaryKey: "" }], "must have 1 to 256 characters"],
])("parseConfig refuses %s", (_, AuthorizationRules, text) => {
  expect(() => parseConfig(config({ AuthorizationRules }))).toThrow(text);
});

test("parseConfig refuses authorization rules when strict, as Microsoft's emulator does", () => {
  const text = config({ AuthorizationRules: [rule] });

  expect(() => parseConfig(text, { strict: true })).toThrow(
    "not a setting of the official emulator",
  );
});
