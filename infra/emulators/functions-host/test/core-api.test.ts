import { expect, test } from "vitest";
import {
  appHookContext,
  type CoreLog,
  coreApi,
  coreRegistry,
  runHooks,
  throughLogHooks,
} from "../src/core-api.ts";

function anApi() {
  const registry = coreRegistry();
  const lines: Parameters<CoreLog>[0][] = [];
  return { registry, lines, api: coreApi(registry, (entry) => lines.push(entry)) };
}

const metadata = { name: "a", bindings: {} };
const callback = () => undefined;

test("a function is registered once, and until the app has started", () => {
  const { registry, api } = anApi();
  api.registerFunction(metadata, callback);

  expect(() => api.registerFunction(metadata, callback)).toThrow("already been registered");
  registry.isStarted = true;
  expect(() => api.registerFunction({ ...metadata, name: "b" }, callback)).toThrow(
    "A function can only be registered during app startup.",
  );
});

test("a registration can be undone, until the app has started", () => {
  const { registry, api } = anApi();
  api.registerFunction(metadata, callback).dispose();
  expect(registry.functions.size).toBe(0);

  const registration = api.registerFunction(metadata, callback);
  registry.isStarted = true;
  expect(() => registration.dispose()).toThrow("can only be disposed during app startup");
});

test("an unknown hook is a RangeError that bears the system's mark", () => {
  const { api } = anApi();

  expect(() => api.registerHook("onSunday", callback)).toThrow(
    expect.objectContaining({ name: "RangeError", isAzureFunctionsSystemError: true }),
  );
});

test("hooks run one after the other in order, and a disposed one does not", async () => {
  const { registry, api } = anApi();
  const seen: string[] = [];
  const hook = (name: string) => async () => {
    await Promise.resolve();
    seen.push(name);
  };
  api.registerHook("appStart", hook("first"));
  api.Disposable.from(api.registerHook("appStart", hook("second"))).dispose();
  api.registerHook("appStart", hook("third"));

  await runHooks(registry, "appStart", {});

  expect(seen).toEqual(["first", "third"]);
});

test.each(["hookData", "appHookData"])("%s of a hook context cannot be replaced", (name) => {
  const context = appHookContext(anApi().registry);

  expect(() => Object.assign(context, { [name]: {} })).toThrow(
    `Cannot assign to read only property '${name}'`,
  );
});

test.each([
  ["user", { level: "error", message: "changed" }],
  ["system", { level: "information", message: "as it was" }],
] as const)("a log hook's changes to a %s entry come to %j", (category, expected) => {
  const { registry, api } = anApi();
  api.registerHook("log", (context) =>
    Object.assign(context, { level: "error", message: "changed" }),
  );

  expect(
    throughLogHooks(registry, { level: "information", category, message: "as it was" }),
  ).toMatchObject(expected);
});

test("a log hook that throws does not stop the entry", () => {
  const { registry, api } = anApi();
  api.registerHook("log", () => {
    throw new Error("no");
  });
  const entry = { level: "debug", category: "user", message: "x" } as const;

  expect(throughLogHooks(registry, entry)).toEqual(entry);
});

test("the library's own entries go to the host's log", () => {
  const { api, lines } = anApi();
  api.log("warning", "system", "look out");

  expect(lines).toEqual([{ level: "warning", category: "system", message: "look out" }]);
});
