import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFacts } from "./log-events.ts";

const around = new AsyncLocalStorage<LogFacts>();

/** Does work, all of whose log lines have these facts too: by them the lines of one invocation are found together. */
export function withLogFacts<Answer>(facts: LogFacts, work: () => Answer): Answer {
  return around.run(facts, work);
}

export function factsAround(): LogFacts {
  return around.getStore() ?? {};
}
