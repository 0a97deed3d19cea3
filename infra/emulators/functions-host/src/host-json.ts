import { z } from "zod";
import type { Settings } from "./settings.ts";
import { parseTimeSpanMs } from "./time-span.ts";

const durationMs = z.string().transform((text, context) => {
  const ms = parseTimeSpanMs(text);
  if (ms === null) {
    context.addIssue({ code: "custom", message: `"${text}" is not a TimeSpan such as "00:05:00"` });
  }
  return ms ?? 0;
});

const timeoutMs = z.preprocess(
  (value) => (value === -1 ? "-1" : value),
  z.union([z.literal("-1").transform(() => null), durationMs]),
);

const count = (fallback: number, minimum = 1) => z.int().min(minimum).default(fallback);

const http = z.looseObject({
  routePrefix: z.string().default("api"),
  maxOutstandingRequests: count(-1, -1),
  maxConcurrentRequests: count(-1, -1),
  customHeaders: z.record(z.string(), z.string()).default({}),
  dynamicThrottlesEnabled: z.boolean().default(false),
  enableChunkedRequestBinding: z.boolean().default(false),
  hsts: z.looseObject({ isEnabled: z.boolean().default(false) }).prefault({}),
});

const clientRetryOptions = z.looseObject({
  mode: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["exponential", "fixed"]))
    .default("exponential"),
  tryTimeout: durationMs.prefault("00:01:00"),
  delay: durationMs.prefault("00:00:00.80"),
  maxDelay: durationMs.prefault("00:01:00"),
  maxRetries: count(3, 0),
});

const serviceBus = z.looseObject({
  autoCompleteMessages: z.boolean().default(true),
  maxAutoLockRenewalDuration: durationMs.prefault("00:05:00"),
  maxConcurrentCalls: count(16),
  maxConcurrentSessions: count(8),
  maxConcurrentCallsPerSession: count(1),
  // for batches, which no function has here
  maxMessageBatchSize: count(1000),
  minMessageBatchSize: count(1),
  maxBatchWaitTime: durationMs.prefault("00:00:30"),
  /** Default: the try timeout. */
  sessionIdleTimeout: durationMs.optional(),
  clientRetryOptions: clientRetryOptions.prefault({}),
  prefetchCount: count(0, 0),
  transportType: z.string().default("amqpTcp"),
  enableCrossEntityTransactions: z.boolean().default(false),
});

const extensions = z.looseObject({
  http: http.prefault({}),
  serviceBus: serviceBus.prefault({}),
});

const hostJson = z.looseObject({
  version: z.literal("2.0"),
  /** Null: no limit. */
  functionTimeout: timeoutMs.prefault("00:30:00"),
  functions: z.array(z.string()).optional(),
  extensions: extensions.prefault({}),
});

/** A parsed host.json; durations are in milliseconds. */
export type HostJson = z.output<typeof hostJson>;

const IGNORED_AT_TOP = [
  "$schema",
  "aggregator",
  "extensionBundle",
  "healthMonitor",
  "logging",
  "metadataProviderTimeout",
  "sendCanceledInvocationsToWorker",
  "telemetryMode",
  "watchDirectories",
  "watchFiles",
];

type Members = readonly (readonly [path: string, makesDifference: (value: unknown) => boolean])[];

/** Members that change the app's behaviour and are refused here, with the value that makes a difference. */
const NOT_SERVED: Members = [
  ["functions", () => true],
  ["extensions.http.maxOutstandingRequests", (value) => value !== -1],
  ["extensions.http.maxConcurrentRequests", (value) => value !== -1],
  ["extensions.http.customHeaders", (value) => Object.keys(value as object).length > 0],
  ["extensions.serviceBus.autoCompleteMessages", (value) => value === false],
];

/** Members that the platform obeys and this host ignores, with the value that makes a difference. */
const NOT_EMULATED: Members = [
  ["extensions.http.dynamicThrottlesEnabled", (value) => value === true],
  ["extensions.http.enableChunkedRequestBinding", (value) => value === true],
  ["extensions.http.hsts.isEnabled", (value) => value === true],
  ["extensions.serviceBus.enableCrossEntityTransactions", (value) => value === true],
  ["extensions.serviceBus.maxConcurrentCallsPerSession", (value) => value !== 1],
  ["extensions.serviceBus.prefetchCount", (value) => value !== 0],
  ["extensions.serviceBus.transportType", (value) => !/^amqptcp$/i.test(String(value))],
  ["concurrency.dynamicConcurrencyEnabled", (value) => value === true],
  ["customHandler", () => true],
  ["managedDependency", () => true],
  ["retry", () => true],
  ["singleton", () => true],
];

/**
 * Reads the content of a host.json; settings `AzureFunctionsJobHost__a__b` override it.
 *
 * @returns the values with the platform's defaults, and the members that the platform or this host ignores
 * @throws Error with every wrong value at once, or with every member that is not served here
 */
export function parseHostJson(
  content: unknown,
  settings: Settings = {},
): { hostJson: HostJson; warnings: string[] } {
  const overridden = withOverrides(content, settings);
  const parsed = hostJson.safeParse(overridden);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join(".")}: ${issue.message}`,
    );
    throw new Error(`Cannot read host.json: ${problems.join("; ")}`);
  }
  const refused = different(parsed.data, NOT_SERVED);
  if (refused.length > 0) {
    throw new Error(`Cannot start the app: not served here: ${refused.join("; ")} of host.json`);
  }
  return { hostJson: parsed.data, warnings: warningsOf(parsed.data) };
}

function withOverrides(content: unknown, settings: Settings): unknown {
  const overridden = structuredClone(content);
  for (const [name, value] of Object.entries(settings)) {
    const path = /^AzureFunctionsJobHost(?:__|:)(.+)$/i.exec(name)?.[1]?.split(/__|:/);
    if (path !== undefined) {
      assign(overridden as Record<string, unknown>, path, value);
    }
  }
  return overridden;
}

function assign(target: Record<string, unknown>, path: readonly string[], text: string): void {
  const [name = "", ...rest] = path;
  const key = Object.keys(target).find((each) => each.toLowerCase() === name.toLowerCase()) ?? name;
  if (rest.length > 0) {
    const child = target[key];
    const section = typeof child === "object" && child !== null ? child : {};
    target[key] = section;
    assign(section as Record<string, unknown>, rest, text);
    return;
  }
  target[key] = /^(?:true|false|-?\d+)$/i.test(text) ? JSON.parse(text.toLowerCase()) : text;
}

function warningsOf(parsed: HostJson): string[] {
  const known = [
    [parsed, "", [...Object.keys(hostJson.shape), ...IGNORED_AT_TOP]],
    [parsed.extensions.http, "extensions.http.", Object.keys(http.shape)],
    [parsed.extensions.serviceBus, "extensions.serviceBus.", Object.keys(serviceBus.shape)],
  ] as const;
  const ignored = different(parsed, NOT_EMULATED);
  const unknown = known.flatMap(([section, prefix, names]) =>
    Object.keys(section)
      .filter(
        (name) =>
          !names.includes(name) && !ignored.some((path) => path.startsWith(`${prefix}${name}`)),
      )
      .map((name) => `${prefix}${name}`),
  );
  return [
    ...ignored.map((path) => `host.json: "${path}" is obeyed in Azure, not here`),
    ...unknown.map((path) => `host.json: "${path}" is unknown and has no effect`),
  ];
}

function different(parsed: HostJson, members: Members): string[] {
  return members
    .filter(([path, makesDifference]) => {
      const value = valueAt(parsed, path);
      return value !== undefined && makesDifference(value);
    })
    .map(([path]) => path);
}

function valueAt(root: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], root);
}
