import { expect, test } from "vitest";
import type { BindingInfo, FunctionMetadata } from "../src/core-types.ts";
import { refuseUnserved } from "../src/not-served.ts";

const timer = { type: "timerTrigger", schedule: "0 * * * * *", useMonitor: true };
const queue = { type: "serviceBusTrigger", connection: "Bus", queueName: "q" };
const http = { type: "httpTrigger", route: "x", methods: ["GET"], authLevel: "anonymous" };
const answer = { $return: { type: "http", direction: "out" as const } };

function refusal(
  bindings: Record<string, BindingInfo>,
  more: { settings?: Record<string, string>; retryOptions?: object; isStreaming?: boolean } = {},
): string | null {
  const { settings = {}, isStreaming = true, retryOptions } = more;
  const metadata = {
    name: "f",
    bindings,
    ...(retryOptions === undefined ? {} : { retryOptions }),
  } as FunctionMetadata;
  try {
    refuseUnserved({ functions: [metadata], settings, isStreaming });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const of = (binding: BindingInfo) => ({ trigger: { direction: "in" as const, ...binding } });

test.each<[string, Record<string, BindingInfo>]>([
  ["an HTTP function", { ...of(http), ...answer }],
  ["a timer", of({ ...timer, runOnStartup: true })],
  ["a queue with sessions", of({ ...queue, isSessionsEnabled: true })],
  ["a topic", of({ ...queue, queueName: undefined, topicName: "t", subscriptionName: "s" })],
  ["ordinary values", of({ ...queue, cardinality: "one", autoCompleteMessages: true })],
  ["a function without a trigger, which the platform itself refuses", answer],
])("%s is served", (_, bindings) => {
  expect(refusal(bindings)).toBeNull();
});

test.each<[Record<string, BindingInfo>, string]>([
  [of({ type: "queueTrigger" }), 'trigger "queueTrigger"'],
  [of({ ...queue, cardinality: "many" }), 'cardinality "many"'],
  [of({ ...queue, dataType: "binary" }), 'dataType "binary"'],
  [of({ ...queue, autoCompleteMessages: false }), "autoCompleteMessages false"],
  [of({ ...queue, sdkBinding: true }), "sdkBinding true"],
  [{ ...of({ ...http, authLevel: "function" }), ...answer }, 'authLevel "function"'],
  [{ ...of(timer), out: { type: "serviceBus", direction: "out" } }, 'binding "out" (serviceBus)'],
  [{ ...of(timer), $return: { type: "serviceBus" } }, 'binding "$return" (serviceBus)'],
  [{ ...of(http), ...answer, extra: { type: "blob", direction: "in" } }, 'binding "extra" (blob)'],
])("%j is refused", (bindings, part) => {
  expect(refusal(bindings)).toBe(`Cannot start the app: not served here: ${part} of function "f"`);
});

test("a retry policy is refused", () => {
  expect(refusal(of(timer), { retryOptions: { maxRetryCount: 1 } })).toContain("the retry policy");
});

test("HTTP without streaming is refused", () => {
  expect(refusal({ ...of(http), ...answer }, { isStreaming: false })).toContain(
    "HTTP without app.setup({ enableHttpStream: true })",
  );
});

test.each([
  [{ Bus__fullyQualifiedNamespace: "n" }, true],
  [{ "bus:fullyqualifiednamespace": "n" }, true],
  [{ AzureWebJobsBus: "Endpoint=x", Bus__fullyQualifiedNamespace: "n" }, false],
  [{}, false],
])("a connection with %j is refused: %s", (settings, isRefused) => {
  expect(refusal(of(queue), { settings: settings as Record<string, string> }) !== null).toBe(
    isRefused,
  );
});

test("all that is not served is told at once", () => {
  const functions = ["a", "b"].map((name) => ({ name, bindings: of({ type: "blobTrigger" }) }));

  expect(() => refuseUnserved({ functions, settings: {}, isStreaming: true })).toThrow(
    'trigger "blobTrigger" of function "a"; trigger "blobTrigger" of function "b"',
  );
});
