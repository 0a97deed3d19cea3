import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFact, LogFacts } from "./log-events.ts";

const around = new AsyncLocalStorage<Record<string, LogFact>>();

/** Runs work and adds these facts to all its log lines. So the lines of one invocation can be found together. */
export function withLogFacts<Answer>(facts: LogFacts, work: () => Answer): Answer {
  return around.run({ ...factsAround(), ...facts }, work);
}

/** Adds facts to later log lines of the surrounding work: its caller and its subject. */
export function addLogFacts(facts: LogFacts): void {
  Object.assign(around.getStore() ?? {}, facts);
}

export function factsAround(): LogFacts {
  return around.getStore() ?? {};
}
