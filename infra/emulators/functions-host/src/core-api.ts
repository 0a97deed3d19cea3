import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from "./core-types.ts";

/** Registrations of the app so far. */
export interface CoreRegistry {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Readonly<Record<HookName, HookCallback[]>>;
  /** Lives as long as the app; hooks of all kinds share it. */
  readonly appHookData: Record<string, unknown>;
  /** Shared by the appStart and appTerminate hooks only. */
  readonly appOnlyHookData: Record<string, unknown>;
  model: ProgrammingModel | null;
  isStarted: boolean;
}

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

export type CoreLog = (entry: {
  level: LogLevel;
  category: LogCategory;
  message: string;
  functionName?: string;
  invocationId?: string;
}) => void;

/** An error of the host, not of the app: the library checks this mark. */
export class AzFuncSystemError extends Error {
  readonly isAzureFunctionsSystemError = true;
}

/** The versions that this host imitates. */
const WORKER_VERSION = "3.14.1";
export const HOST_VERSION = "4.1052.200";

const HOOK_NAMES = ["appStart", "appTerminate", "preInvocation", "postInvocation", "log"] as const;

export function coreRegistry(): CoreRegistry {
  return {
    functions: new Map(),
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
    appHookData: {},
    appOnlyHookData: {},
    model: null,
    isStarted: false,
  };
}

/** Builds the module that `require("@azure/functions-core")` returns. */
export function coreApi(registry: CoreRegistry, log: CoreLog) {
  return {
    version: WORKER_VERSION,
    hostVersion: HOST_VERSION,
    Disposable,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      registerFunction(registry, { metadata, callback }),
    registerHook: (name: string, callback: HookCallback) => registerHook(registry, name, callback),
    setProgrammingModel(model: ProgrammingModel) {
      registry.model = model;
    },
    getProgrammingModel: () => registry.model,
    log: (level: LogLevel, category: LogCategory, message: string) =>
      log({ level, category, message }),
  };
}

function registerFunction(registry: CoreRegistry, registered: RegisteredFunction): Disposable {
  const { name } = registered.metadata;
  if (registry.isStarted) {
    throw new AzFuncSystemError("A function can only be registered during app startup.");
  }
  if (registry.functions.has(name)) {
    throw new AzFuncSystemError(`A function with name "${name}" has already been registered.`);
  }
  registry.functions.set(name, registered);
  return new Disposable(() => {
    if (registry.isStarted) {
      throw new AzFuncSystemError("A function can only be disposed during app startup.");
    }
    registry.functions.delete(name);
  });
}

function registerHook(registry: CoreRegistry, name: string, callback: HookCallback): Disposable {
  const known = HOOK_NAMES.find((each) => each === name);
  if (known === undefined) {
    throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), {
      isAzureFunctionsSystemError: true,
    });
  }
  const callbacks = registry.hooks[known];
  callbacks.push(callback);
  return new Disposable(() => {
    const index = callbacks.indexOf(callback);
    if (index >= 0) {
      callbacks.splice(index, 1);
    }
  });
}

/** Runs the hooks of a kind one after the other, in the order of their registration. */
export async function runHooks(
  registry: CoreRegistry,
  name: HookName,
  context: Record<string, unknown>,
): Promise<void> {
  for (const callback of [...registry.hooks[name]]) {
    await callback(context);
  }
}

/** The context of appStart and appTerminate hooks. */
export function appHookContext(registry: CoreRegistry, extra: Record<string, unknown> = {}) {
  return readOnly(
    {
      hookData: registry.appOnlyHookData,
      appHookData: registry.appHookData,
    },
    extra,
  );
}

/**
 * Lets the log hooks see an entry. They may change the text and level of the app's own entries, but not of the
 * system's. Errors that they throw are dropped, as in the worker.
 */
export function throughLogHooks(
  registry: CoreRegistry,
  entry: Parameters<CoreLog>[0],
  invocationContext?: unknown,
): Parameters<CoreLog>[0] {
  const { level, message } = entry;
  const context = { level, message, category: entry.category, hookData: {}, invocationContext };
  try {
    for (const callback of registry.hooks.log) {
      callback(context);
    }
  } catch {
    return entry;
  }
  return entry.category === "user"
    ? { ...entry, level: context.level, message: context.message }
    : entry;
}

/** An object with some members that refuse assignment, with the platform's text. */
export function readOnly<T extends Record<string, unknown>>(
  fixed: Record<string, unknown>,
  changeable: T,
): T & Record<string, unknown> {
  const context: T & Record<string, unknown> = { ...changeable };
  for (const [name, value] of Object.entries(fixed)) {
    Object.defineProperty(context, name, {
      enumerable: true,
      get: () => value,
      set() {
        throw new AzFuncSystemError(`Cannot assign to read only property '${name}'`);
      },
    });
  }
  return context;
}

/** Part of the core API: undoes a registration. */
export class Disposable {
  readonly #onDispose: () => void;
  #isDisposed = false;

  constructor(onDispose: () => void) {
    this.#onDispose = onDispose;
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const each of disposables) {
        each.dispose();
      }
    });
  }

  dispose(): void {
    if (!this.#isDisposed) {
      this.#isDisposed = true;
      this.#onDispose();
    }
  }
}
