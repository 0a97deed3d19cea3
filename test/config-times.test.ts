import { parseHostJson } from "functions-host-emulator/host-json";
import { expect, test } from "vitest";
import hostJson from "../host.json" with { type: "json" };
import sample from "../local.settings.sample.json" with { type: "json" };
import { readConfig } from "../src/config.ts";

const timeout = (text?: string): number =>
  readConfig({
    ...sample.Values,
    ...(text === undefined ? {} : { AzureFunctionsJobHost__functionTimeout: text }),
  }).functionTimeoutMs;

test("the time of a function is that of host.json, unless the platform's own setting replaces it", () => {
  expect(timeout()).toBe(parseHostJson(hostJson).hostJson.functionTimeout);
  expect(["00:00:06", "00:10:00", "1.02:00:00", "-1"].map(timeout)).toEqual([
    6_000, 600_000, 93_600_000, 3_600_000,
  ]);
  expect(() => timeout("10 min")).toThrow(
    'AzureFunctionsJobHost__functionTimeout: must be a time such as "01:00:00"',
  );
});
