import type { Clock } from "./clock.ts";
import {
  AzFuncSystemError,
  type CoreLog,
  type CoreRegistry,
  readOnly,
  runHooks,
  throughLogHooks,
} from "./core-api.ts";
import type { CoreInvocationContext, InvocationModel, InvocationRequest } from "./core-types.ts";
import type { HostFunction } from "./host-function.ts";

export interface InvocationPorts {
  readonly registry: CoreRegistry;
  readonly log: CoreLog;
  readonly clock: Clock;
  /** Null: no limit. */
  readonly functionTimeoutMs: number | null;
}

/**
 * Runs one invocation through the library, as the worker does: arguments, preInvocation hooks, handler, postInvocation
 * hooks, response.
 *
 * @returns the handler's result, as the postInvocation hooks left it
 * @throws the error of the handler or a hook; Error when it takes longer than the function timeout, although its code
 *   may still be running
 */
export function runInvocation(
  ports: InvocationPorts,
  target: HostFunction,
  request: InvocationRequest,
): Promise<unknown> {
  const { clock, functionTimeoutMs } = ports;
  const running = throughLibrary(ports, target, request);
  if (functionTimeoutMs === null) {
    return running;
  }
  return new Promise((resolve, reject) => {
    const cancel = clock.callAt(clock.now() + functionTimeoutMs, () => {
      const seconds = functionTimeoutMs / 1000;
      reject(new Error(`Timeout of ${seconds} s exceeded by function "${target.name}"`));
    });
    running.finally(cancel).then(resolve, reject);
  });
}

async function throughLibrary(
  ports: InvocationPorts,
  target: HostFunction,
  request: InvocationRequest,
): Promise<unknown> {
  const { registry } = ports;
  if (registry.model === null) {
    throw new AzFuncSystemError("No programming model: the app has not loaded @azure/functions");
  }
  const subject: { context?: unknown } = {};
  const core = coreContext(ports, { target, request, subject });
  const model = await registry.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  subject.context = context;

  const fixed = { hookData: {}, appHookData: registry.appHookData, invocationContext: context };
  const before = readOnly(fixed, { functionCallback: target.callback, inputs });
  await during(core, "preInvocationHooks", () => runHooks(registry, "preInvocation", before));

  const { result, error } = await during(core, "invocation", () =>
    handlerOutcome(model, context, before),
  );
  const after = readOnly(fixed, { inputs: before.inputs, result, error });
  await during(core, "postInvocationHooks", () => runHooks(registry, "postInvocation", after));
  if (after.error !== null && after.error !== undefined) {
    throw after.error;
  }
  await model.getResponse(context, after.result);
  return after.result;
}

function coreContext(
  { log, registry }: InvocationPorts,
  about: { target: HostFunction; request: InvocationRequest; subject: { context?: unknown } },
): CoreInvocationContext {
  const { target, request, subject } = about;
  const { invocationId } = request;
  return {
    invocationId,
    request,
    metadata: target.metadata,
    state: undefined,
    log(level, category, message) {
      const entry = { level, category, message, functionName: target.name, invocationId };
      log(throughLogHooks(registry, entry, subject.context));
    },
  };
}

async function handlerOutcome(
  model: InvocationModel,
  context: unknown,
  call: { functionCallback: HostFunction["callback"]; inputs: unknown[] },
): Promise<{ result: unknown; error: unknown }> {
  try {
    const result = await model.invokeFunction(context, call.inputs, call.functionCallback);
    return { result, error: null };
  } catch (error) {
    // A thrown null or undefined would look like success later.
    return { result: null, error: error ?? new Error(`The function threw ${error}`) };
  }
}

/** The library reads the state to warn about logging after the end. */
async function during<T>(
  core: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext["state"]>,
  run: () => Promise<T>,
): Promise<T> {
  core.state = state;
  try {
    return await run();
  } finally {
    core.state = undefined;
  }
}
