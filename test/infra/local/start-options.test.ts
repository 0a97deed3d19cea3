import { expect, test } from "vitest";
import { requireOptionsReached, startOptions } from "../../../infra/local/start-options.ts";

test.each([
  ["--any-port", { npm_config_any_port: "true" }],
  ["--data", { npm_config_data: "DIR" }],
  ["--storage", { npm_config_storage: "UseDevelopmentStorage=true" }],
  ["--service-bus", { npm_config_service_bus: "Endpoint=sb://localhost" }],
])("an option %s that npm kept to itself is told, not lost", (option, settings) => {
  expect(() => requireOptionsReached(settings)).toThrow(
    `npm took "${option}" for itself; write "npm start -- ${option} ..."`,
  );
});

test("other settings of npm are none of ours", () => {
  expect(() => requireOptionsReached({ npm_config_https_proxy: "http://proxy" })).not.toThrow();
});

test("options are read, and a directory becomes a whole path", () => {
  const options = startOptions(["--https", "--any-port", "--data", "kept"]);

  expect(options).toMatchObject({ help: false, https: true, anyPort: true });
  expect(options.places.dataDirectory?.endsWith("/kept")).toBe(true);
});

test.each([
  [["--nope"], "Unknown option '--nope'"],
  [["kept"], "Unexpected argument 'kept'"],
  [["--data"], "argument missing"],
])("%j is refused", (args, message) => {
  expect(() => startOptions(args)).toThrow(message);
});
