import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  functionsNamedInSettings,
  isFunctionDisabled,
  localSettings,
  readJsonFile,
  resolveSettings,
  setting,
} from "../src/settings.ts";

function aDirectoryWith(name: string, content: string) {
  const directory = mkdtempSync(join(tmpdir(), "functions-host-"));
  writeFileSync(join(directory, name), content);
  return directory;
}

test("localSettings reads Values, comments allowed, and says what it ignores", () => {
  const directory = aDirectoryWith(
    "local.settings.json",
    '{ // local\n "IsEncrypted": false, "Values": { "A": "1", "B": 2, "C": {} }, "ConnectionStrings": {}, }',
  );

  const { values, warnings } = localSettings(directory);

  expect(values).toEqual({ A: "1", B: "2" });
  expect(warnings).toEqual([
    'local.settings.json: "ConnectionStrings" is ignored, only "Values" are settings',
    'local.settings.json: value "C" is not text and is ignored',
  ]);
});

test("localSettings is empty without the file", () => {
  expect(localSettings(mkdtempSync(join(tmpdir(), "functions-host-")))).toEqual({
    values: {},
    warnings: [],
  });
});

test("localSettings does not read encrypted values", () => {
  const directory = aDirectoryWith(
    "local.settings.json",
    '{ "IsEncrypted": true, "Values": { "A": "x" } }',
  );

  expect(localSettings(directory).values).toEqual({});
});

test("readJsonFile tells where a file is broken", () => {
  const path = join(aDirectoryWith("host.json", '{ "version" "2.0" }'), "host.json");

  expect(() => readJsonFile(path)).toThrow(/ColonExpected at character 12/);
});

test.each([["Storage__accountName"], ["storage:accountname"], ["STORAGE__ACCOUNTNAME"]])(
  "setting finds %s",
  (name) => {
    expect(setting({ Storage__accountName: "x" }, name)).toBe("x");
  },
);

test("an empty setting is none", () => {
  expect(setting({ A: "" }, "A")).toBeUndefined();
});

test("resolveSettings replaces every %NAME% and refuses one without a value", () => {
  expect(resolveSettings({ Queue: "q", Env: "dev" }, "%Queue%-%Env%")).toBe("q-dev");
  expect(() => resolveSettings({}, "%Queue%")).toThrow('there is no setting "Queue"');
});

test.each([
  [{ "AzureWebJobs.tick.Disabled": "true" }, true],
  [{ "AzureWebJobs.Tick.Disabled": "1" }, true],
  [{ AzureWebJobs__tick__Disabled: "TRUE" }, true],
  [{ "AzureWebJobs.tick.Disabled": "false" }, false],
  [{ "AzureWebJobs.tock.Disabled": "true" }, false],
])("isFunctionDisabled with %j is %s", (settings, expected) => {
  expect(isFunctionDisabled(settings as Record<string, string>, "tick")).toBe(expected);
});

test("functionsNamedInSettings lists the names", () => {
  const settings = { "AzureWebJobs.a.Disabled": "true", AzureWebJobs__b__Disabled: "0", Other: "" };

  expect(functionsNamedInSettings(settings)).toEqual(["a", "b"]);
});
