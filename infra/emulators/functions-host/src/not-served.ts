import type { BindingInfo, FunctionMetadata } from "./core-types.ts";
import { type Settings, setting } from "./settings.ts";

/** The options of each trigger that this host obeys. */
const SERVED_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  httptrigger: ["route", "methods"],
  timertrigger: ["schedule", "useMonitor", "runOnStartup"],
  servicebustrigger: [
    "connection",
    "queueName",
    "topicName",
    "subscriptionName",
    "isSessionsEnabled",
  ],
};
/** Every binding has these. */
const GENERAL_OPTIONS = ["name", "type", "direction", "properties"];
/** Options that ask for nothing special if they have this value. */
const ORDINARY_VALUES: Readonly<Record<string, unknown>> = {
  authLevel: "anonymous",
  autoCompleteMessages: true,
  cardinality: "one",
  dataType: "string",
};

export interface AskedFor {
  readonly functions: readonly FunctionMetadata[];
  readonly settings: Settings;
  readonly isStreaming: boolean;
}

/**
 * Refuses an app that uses a part of the platform that is not served here.
 *
 * @throws Error naming all such parts
 */
export function refuseUnserved(asked: AskedFor): void {
  const parts = asked.functions.flatMap((each) =>
    unservedParts(each, asked).map((part) => `${part} of function "${each.name}"`),
  );
  if (parts.length > 0) {
    throw new Error(`Cannot start the app: not served here: ${parts.join("; ")}`);
  }
}

function unservedParts({ bindings, retryOptions }: FunctionMetadata, asked: AskedFor): string[] {
  const parts = Object.entries(bindings).flatMap(([name, binding]) => {
    if (/trigger$/i.test(binding.type ?? "")) {
      return unservedOfTrigger(binding, asked);
    }
    const isAnswer = name === "$return" && /^http$/i.test(binding.type ?? "");
    return isAnswer ? [] : [`binding "${name}" (${binding.type})`];
  });
  return retryOptions === undefined ? parts : [...parts, "the retry policy"];
}

function unservedOfTrigger(binding: BindingInfo, { settings, isStreaming }: AskedFor): string[] {
  const type = binding.type?.toLowerCase() ?? "";
  const served = SERVED_OPTIONS[type];
  if (served === undefined) {
    return [`trigger "${binding.type}"`];
  }
  const parts = Object.entries(binding)
    .filter(
      ([name, value]) => ![...GENERAL_OPTIONS, ...served].includes(name) && isSpecial(name, value),
    )
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  if (type === "httptrigger" && !isStreaming) {
    parts.push("HTTP without app.setup({ enableHttpStream: true })");
  }
  if (type === "servicebustrigger" && usesIdentity(binding, settings)) {
    parts.push("a Service Bus connection by identity instead of a connection string");
  }
  return parts;
}

function isSpecial(name: string, value: unknown): boolean {
  return value !== undefined && value !== ORDINARY_VALUES[name];
}

function usesIdentity({ connection }: BindingInfo, settings: Settings): boolean {
  const has = (name: string) =>
    [`AzureWebJobs${name}`, name].some((each) => setting(settings, each) !== undefined);
  return !has(`${connection}`) && has(`${connection}__fullyQualifiedNamespace`);
}
