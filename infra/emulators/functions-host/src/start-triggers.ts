import type { FunctionProblem, HostFunction } from "./host-function.ts";
import type { Listener } from "./listener.ts";
import {
  invokeWithText,
  type ServiceBusTriggerPorts,
  serviceBusTrigger,
} from "./service-bus/service-bus-trigger.ts";
import { type TimerTrigger, type TimerTriggerPorts, timerTrigger } from "./timer/timer-trigger.ts";

export type TriggerPorts = TimerTriggerPorts & ServiceBusTriggerPorts;

export interface Triggers {
  readonly problems: readonly FunctionProblem[];
  /** Runs a function that is not HTTP-triggered, whether it is due or not. */
  runByHand(target: HostFunction, input: string | null): Promise<void>;
  start(): Promise<void>;
  /** Takes no new work. Resolves when the running work has ended. */
  stop(): Promise<void>;
}

/** Makes the listeners of all functions without an HTTP trigger. */
export async function makeTriggers(
  ports: TriggerPorts,
  functions: readonly HostFunction[],
): Promise<Triggers> {
  const problems: FunctionProblem[] = [];
  const timers = new Map<HostFunction, TimerTrigger>();
  const listeners: Listener[] = [];
  for (const target of functions) {
    try {
      const listener = await makeListener(ports, target, timers);
      if (listener !== null && !target.isDisabled) {
        listeners.push(listener);
      }
    } catch (error) {
      problems.push({ functionName: target.name, message: (error as Error).message });
    }
  }
  return {
    problems,
    async runByHand(target, input) {
      const timer = timers.get(target);
      await (timer?.runByHand() ?? invokeWithText(ports.invoke, target, input ?? ""));
    },
    async start() {
      await Promise.all(listeners.map((each) => each.start()));
    },
    async stop() {
      await Promise.all(listeners.map((each) => each.stop()));
    },
  };
}

async function makeListener(
  ports: TriggerPorts,
  target: HostFunction,
  timers: Map<HostFunction, TimerTrigger>,
): Promise<Listener | null> {
  if (target.trigger.type === "timertrigger") {
    const timer = timerTrigger(ports, target);
    for (const warning of timer.warnings) {
      ports.log.warn(`Function "${target.name}": ${warning}`, { functionName: target.name });
    }
    timers.set(target, timer);
    return timer;
  }
  return target.trigger.type === "servicebustrigger"
    ? await serviceBusTrigger(ports, target)
    : null;
}
