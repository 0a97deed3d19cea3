import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFact, LogFacts } from "./log-events.ts";

const around = new AsyncLocalStorage<Record<string, LogFact>>();

/** Does work, all of whose log lines have these facts too: by them the lines of one invocation are found together. */
export function withLogFacts<Answer>(facts: LogFacts, work: () => Answer): Answer {
  return around.run({ ...factsAround(), ...facts }, work);
}

/** Adds facts to the lines that the work around writes from now on: who asks for it, and what it is about. */
export function addLogFacts(facts: LogFacts): void {
  Object.assign(around.getStore() ?? {}, facts);
}

export function factsAround(): LogFacts {
  return around.getStore() ?? {};
}
