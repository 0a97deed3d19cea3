import type { Clock } from "../clock.ts";
import type { Schedule } from "./schedule.ts";
import {
  type ScheduleStatus,
  type ScheduleStatusStore,
  statusAtStart,
  statusToJson,
} from "./schedule-status.ts";

/**
 * One timer trigger: waiting -> running -> waiting. It never overlaps itself. An occurrence that falls due during a run
 * starts right after it, only once even if several were missed.
 */
export interface TimerListener {
  /** Reads the stored status and arms the timer. A missed occurrence or `runOnStartup` runs at once. */
  start(): Promise<void>;
  /** Starts no further run. Resolves when a running run has ended. */
  stop(): Promise<void>;
  /** The trigger's input for a run that is not due, such as one by hand. */
  inputByHand(): string;
}

export interface TimerDefinition {
  readonly functionName: string;
  readonly schedule: Schedule;
  readonly useMonitor: boolean;
  readonly runOnStartup: boolean;
}

export interface TimerPorts {
  readonly clock: Clock;
  readonly statuses: ScheduleStatusStore;
  log(level: "info" | "warn" | "error", message: string): void;
  /** Runs the function with the trigger's input as JSON. It logs a rejection, which does not stop the schedule. */
  run(input: string): Promise<void>;
}

type Reason = "scheduled" | "past-due" | "startup";

interface State {
  isMonitored: boolean;
  isStopped: boolean;
  status: ScheduleStatus | null;
  running: Promise<void>;
  disarm: () => void;
}

export function timerListener(definition: TimerDefinition, ports: TimerPorts): TimerListener {
  const state: State = {
    isMonitored: false,
    isStopped: false,
    status: null,
    running: Promise.resolve(),
    disarm: () => undefined,
  };
  const timer = { definition, ports, state };
  return {
    start: () => start(timer),
    stop() {
      state.isStopped = true;
      state.disarm();
      return state.running;
    },
    inputByHand: () => triggerInput(state, false),
  };
}

interface Timer {
  readonly definition: TimerDefinition;
  readonly ports: TimerPorts;
  readonly state: State;
}

async function start(timer: Timer): Promise<void> {
  const { definition, ports, state } = timer;
  const now = new Date(ports.clock.now());
  state.isMonitored = definition.useMonitor && !definition.schedule.isSubMinute(now);
  const begin = statusAtStart(definition.schedule, await storedStatus(timer), now);
  if (begin === null) {
    ports.log("warn", `Timer "${definition.functionName}" never runs: its schedule has no date`);
    return;
  }
  if (begin.mustSave) {
    await saveStatus(timer, begin.status);
  }
  state.status = begin.status;
  if (begin.isPastDue) {
    ports.log("info", `Timer "${definition.functionName}" is past due and runs now`);
    arm(timer, now, "past-due");
  } else if (definition.runOnStartup) {
    arm(timer, now, "startup");
  } else {
    arm(timer, begin.status.next, "scheduled");
  }
}

function arm(timer: Timer, at: Date, reason: Reason): void {
  const { ports, state } = timer;
  if (state.isStopped) {
    return;
  }
  state.disarm = ports.clock.callAt(at.getTime(), () => {
    state.running = runOnce(timer, reason);
  });
}

async function runOnce(timer: Timer, reason: Reason): Promise<void> {
  const { definition, ports, state } = timer;
  const startedAt = new Date(ports.clock.now());
  await ports.run(triggerInput(state, reason === "past-due")).catch(() => undefined);
  const due = state.status?.next ?? startedAt;
  // A timer may fire a moment early. Without this, the same occurrence would be due twice.
  const ranFor = reason === "scheduled" && due > startedAt ? due : startedAt;
  const next = definition.schedule.nextAfter(ranFor);
  if (next === null) {
    ports.log("warn", `Timer "${definition.functionName}" has run for the last time`);
    return;
  }
  state.status = { last: ranFor, next, lastUpdated: ranFor };
  await saveStatus(timer, state.status);
  arm(timer, next, "scheduled");
}

function triggerInput(state: State, isPastDue: boolean): string {
  return JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: state.isMonitored && state.status !== null ? statusToJson(state.status) : null,
    IsPastDue: isPastDue,
  });
}

async function storedStatus({ definition, ports, state }: Timer): Promise<ScheduleStatus | null> {
  if (!state.isMonitored) {
    return null;
  }
  try {
    return await ports.statuses.find(definition.functionName);
  } catch (error) {
    ports.log("error", `Cannot read the status of timer "${definition.functionName}": ${error}`);
    return null;
  }
}

async function saveStatus({ definition, ports, state }: Timer, status: ScheduleStatus) {
  if (!state.isMonitored) {
    return;
  }
  try {
    await ports.statuses.save(definition.functionName, status);
  } catch (error) {
    ports.log("error", `Cannot save the status of timer "${definition.functionName}": ${error}`);
  }
}
