import { expect, test } from "vitest";
import { parseHostJson } from "../src/host-json.ts";

const minimal = { version: "2.0" };

test("the platform's defaults hold for what is not said", () => {
  const { hostJson, warnings } = parseHostJson(minimal);

  expect(warnings).toEqual([]);
  expect(hostJson.functionTimeout).toBe(30 * 60_000);
  expect(hostJson.extensions.http.routePrefix).toBe("api");
  expect(hostJson.extensions.serviceBus).toMatchObject({
    maxAutoLockRenewalDuration: 300_000,
    maxConcurrentCalls: 16,
    maxConcurrentSessions: 8,
    clientRetryOptions: { mode: "exponential", delay: 800, maxDelay: 60_000, maxRetries: 3 },
  });
});

test("what is said holds, an empty route prefix too", () => {
  const { hostJson } = parseHostJson({
    version: "2.0",
    functionTimeout: "00:10:00",
    extensions: {
      http: { routePrefix: "" },
      serviceBus: { maxConcurrentSessions: 2, sessionIdleTimeout: "00:00:05" },
    },
  });

  expect(hostJson.functionTimeout).toBe(600_000);
  expect(hostJson.extensions.http.routePrefix).toBe("");
  expect(hostJson.extensions.serviceBus).toMatchObject({
    maxConcurrentSessions: 2,
    sessionIdleTimeout: 5000,
  });
});

test.each([["-1"], [-1]])("functionTimeout %j has no limit", (functionTimeout) => {
  expect(parseHostJson({ ...minimal, functionTimeout }).hostJson.functionTimeout).toBeNull();
});

test("all wrong values are told at once", () => {
  const wrong = {
    version: "1.0",
    functionTimeout: "ten minutes",
    extensions: { serviceBus: { maxConcurrentCalls: 0, autoCompleteMessages: "yes" } },
  };

  expect(() => parseHostJson(wrong)).toThrow(
    /version: .*functionTimeout: "ten minutes" is not a TimeSpan.*maxConcurrentCalls: .*autoCompleteMessages: |autoCompleteMessages: .*maxConcurrentCalls/s,
  );
});

test.each([
  [{ version: "2.0", funcTimeout: 1 }, '"funcTimeout" is unknown'],
  [{ version: "2.0", extensions: { http: { prefix: "" } } }, '"extensions.http.prefix" is unknown'],
  [
    { version: "2.0", extensions: { serviceBus: { prefetchCount: 10 } } },
    '"extensions.serviceBus.prefetchCount" is obeyed in Azure, not here',
  ],
  [
    { version: "2.0", extensions: { http: { hsts: { isEnabled: true } } } },
    '"extensions.http.hsts.isEnabled" is obeyed in Azure, not here',
  ],
  [{ version: "2.0", customHandler: {} }, '"customHandler" is obeyed in Azure, not here'],
  [
    { version: "2.0", concurrency: { dynamicConcurrencyEnabled: true } },
    '"concurrency.dynamicConcurrencyEnabled" is obeyed in Azure, not here',
  ],
])("%j is warned about", (content, warning) => {
  expect(parseHostJson(content).warnings.join("\n")).toContain(warning);
});

test.each([
  [{ functions: ["a"] }, "functions"],
  [
    { extensions: { http: { maxOutstandingRequests: 9 } } },
    "extensions.http.maxOutstandingRequests",
  ],
  [{ extensions: { http: { maxConcurrentRequests: 9 } } }, "extensions.http.maxConcurrentRequests"],
  [{ extensions: { http: { customHeaders: { a: "b" } } } }, "extensions.http.customHeaders"],
  [
    { extensions: { serviceBus: { autoCompleteMessages: false } } },
    "extensions.serviceBus.autoCompleteMessages",
  ],
])("%j is not served", (content, path) => {
  expect(() => parseHostJson({ ...minimal, ...content })).toThrow(
    `Cannot start the app: not served here: ${path} of host.json`,
  );
});

test("known members that make no difference here are not warned about", () => {
  const content = {
    $schema: "x",
    version: "2.0",
    logging: { logLevel: { default: "Information" } },
    extensionBundle: { id: "Microsoft.Azure.Functions.ExtensionBundle", version: "[4.*, 5.0.0)" },
    extensions: { http: { hsts: { isEnabled: false } }, serviceBus: { transportType: "amqpTcp" } },
  };

  expect(parseHostJson(content).warnings).toEqual([]);
});

test("AzureFunctionsJobHost settings override the file, in any case", () => {
  const { hostJson } = parseHostJson(
    { version: "2.0", extensions: { http: { routePrefix: "api" } } },
    {
      AzureFunctionsJobHost__extensions__http__RoutePrefix: "",
      "AzureFunctionsJobHost:extensions:serviceBus:maxConcurrentCalls": "3",
      azurefunctionsjobhost__functionTimeout: "00:01:00",
    },
  );

  expect(hostJson.extensions.http.routePrefix).toBe("");
  expect(hostJson.extensions.serviceBus.maxConcurrentCalls).toBe(3);
  expect(hostJson.functionTimeout).toBe(60_000);
});
