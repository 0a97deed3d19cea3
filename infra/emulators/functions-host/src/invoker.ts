import type { InvocationRequest } from "./core-types.ts";
import type { HostFunction } from "./host-function.ts";
import { type InvocationPorts, runInvocation } from "./invocation.ts";
import type { InvokeFunction } from "./listener.ts";
import { errorText, type HostLog } from "./log.ts";

export interface InvokerPorts extends InvocationPorts {
  readonly hostLog: HostLog;
}

export interface Invoker {
  /** @throws the error that made the invocation fail, already logged */
  readonly invoke: InvokeFunction;
  inFlightCount(): number;
  /** Resolves when nothing is in flight. */
  whenIdle(): Promise<void>;
}

/** Runs invocations, logs their beginning and end like the platform, and knows which are running. */
export function invoker(ports: InvokerPorts): Invoker {
  const inFlight = new Set<Promise<unknown>>();
  return {
    invoke(target, request, reason) {
      const running = invokeOne(ports, { target, request, reason });
      inFlight.add(running);
      const forget = () => inFlight.delete(running);
      running.then(forget, forget);
      return running;
    },
    inFlightCount: () => inFlight.size,
    async whenIdle() {
      while (inFlight.size > 0) {
        await Promise.allSettled([...inFlight]);
      }
    },
  };
}

async function invokeOne(
  ports: InvokerPorts,
  about: { target: HostFunction; request: InvocationRequest; reason: string },
): Promise<unknown> {
  const { target, request, reason } = about;
  const { invocationId } = request;
  const subject = { functionName: target.name, invocationId };
  const line = `'Functions.${target.name}'`;
  const startedAt = performance.now();
  const took = () => `Id=${invocationId}, Duration=${Math.round(performance.now() - startedAt)}ms`;
  ports.hostLog.debug(`Executing ${line} (Reason='${reason}', Id=${invocationId})`, subject);
  try {
    const result = await runInvocation(ports, target, request);
    ports.hostLog.info(`Executed ${line} (Succeeded, ${took()})`, subject);
    return result;
  } catch (error) {
    ports.hostLog.error(`Executed ${line} (Failed, ${took()}): ${errorText(error)}`, subject);
    throw error;
  }
}
