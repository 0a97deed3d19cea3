import type { CoreRegistry } from "./core-api.ts";
import type { BindingInfo, FunctionCallback, FunctionMetadata } from "./core-types.ts";
import { isFunctionDisabled, type Settings } from "./settings.ts";

/** A function that the platform would accept. */
export interface HostFunction {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  readonly trigger: Trigger;
  readonly isDisabled: boolean;
}

export interface Trigger {
  /** The name of its binding. */
  readonly name: string;
  /** In lower case, such as `httptrigger`. */
  readonly type: string;
  readonly binding: BindingInfo;
}

/** Why the platform refuses a function; it runs the others. */
export interface FunctionProblem {
  readonly functionName: string;
  readonly message: string;
}

const FUNCTION_NAME_REGEXP = /^(?!host$)[a-z][a-z0-9_-]{0,127}$/i;
const BINDING_NAME_REGEXP = /^(?:[a-z][a-z0-9]{0,127}|\$return)$/i;

/** Makes the functions to run from the app's registrations. */
export function hostFunctions(
  registry: CoreRegistry,
  settings: Settings,
): { functions: HostFunction[]; problems: FunctionProblem[] } {
  const functions: HostFunction[] = [];
  const problems: FunctionProblem[] = [];
  for (const { metadata, callback } of registry.functions.values()) {
    const { name } = metadata;
    const trigger = triggerOf(metadata);
    const twin = functions.find((each) => each.name.toLowerCase() === name.toLowerCase());
    const problem = problemOf(metadata, trigger, twin);
    if (trigger === null || problem !== null) {
      problems.push({ functionName: name, message: problem ?? "it has no trigger" });
      continue;
    }
    functions.push({
      name,
      metadata,
      callback,
      trigger,
      isDisabled: isFunctionDisabled(settings, name),
    });
  }
  return { functions, problems };
}

function triggerOf({ bindings }: FunctionMetadata): Trigger | null {
  const found = Object.entries(bindings).find(([, { type }]) => /trigger$/i.test(type ?? ""));
  return found === undefined
    ? null
    : { name: found[0], type: (found[1].type ?? "").toLowerCase(), binding: found[1] };
}

function problemOf(
  metadata: FunctionMetadata,
  trigger: Trigger | null,
  twin: HostFunction | undefined,
): string | null {
  if (!FUNCTION_NAME_REGEXP.test(metadata.name)) {
    return 'its name must be a letter and up to 127 letters, digits, - and _, and not "host"';
  }
  if (twin !== undefined) {
    return `its name differs from "${twin.name}" in case only`;
  }
  const wrong = Object.keys(metadata.bindings).find((name) => !BINDING_NAME_REGEXP.test(name));
  if (wrong !== undefined) {
    return `binding name "${wrong}" must be a letter and up to 127 letters and digits`;
  }
  return trigger === null ? "it has no trigger" : null;
}

/** A text option of a binding; undefined when it is absent or not a text. */
export function textOption(binding: BindingInfo, name: string): string | undefined {
  const value = binding[name];
  return typeof value === "string" ? value : undefined;
}
