import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { type HostFunction, textOption } from "../host-function.ts";
import type { InvokeFunction, Listener } from "../listener.ts";
import type { HostLog } from "../log.ts";
import { resolveSettings, type Settings } from "../settings.ts";
import { parseSchedule } from "./schedule.ts";
import type { ScheduleStatusStore } from "./schedule-status.ts";
import { type TimerListener, timerListener } from "./timer-listener.ts";

export interface TimerTriggerPorts {
  readonly clock: Clock;
  readonly statuses: ScheduleStatusStore;
  readonly settings: Settings;
  readonly log: HostLog;
  readonly invoke: InvokeFunction;
}

/** A timer function that can also be run by hand. */
export interface TimerTrigger extends Listener {
  runByHand(): Promise<void>;
  readonly warnings: readonly string[];
}

/**
 * Makes the listener of a timer-triggered function.
 *
 * @throws Error when its schedule is invalid, or names a missing setting
 */
export function timerTrigger(ports: TimerTriggerPorts, target: HostFunction): TimerTrigger {
  const { binding } = target.trigger;
  const schedule = parseSchedule(
    resolveSettings(ports.settings, textOption(binding, "schedule") ?? ""),
  );
  const run = (input: string, reason: string) => invokeTimer(ports, target, { input, reason });
  const listener: TimerListener = timerListener(
    {
      functionName: target.name,
      schedule,
      useMonitor: binding.useMonitor !== false,
      runOnStartup: binding.runOnStartup === true,
    },
    {
      clock: ports.clock,
      statuses: ports.statuses,
      log: (level, message) => ports.log[level](message, { functionName: target.name }),
      run: (input) => run(input, "Timer fired"),
    },
  );
  return {
    start: () => listener.start(),
    stop: () => listener.stop(),
    runByHand: () => run(listener.inputByHand(), "This function was programmatically called"),
    warnings: schedule.warnings,
  };
}

async function invokeTimer(
  ports: TimerTriggerPorts,
  target: HostFunction,
  about: { input: string; reason: string },
): Promise<void> {
  await ports.invoke(
    target,
    {
      invocationId: randomUUID(),
      inputData: [{ name: target.trigger.name, data: { json: about.input } }],
      triggerMetadata: {},
    },
    about.reason,
  );
}
