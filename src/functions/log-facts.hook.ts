import { app } from "@azure/functions";
import { withLogFacts } from "../domain/log-facts.ts";

/** Each line that is logged in an invocation says in which one. */
export function registerLogFacts(): void {
  app.hook.preInvocation((hook) => {
    const { functionHandler, invocationContext } = hook;
    const { functionName, invocationId } = invocationContext;
    hook.functionHandler = (...inputs) =>
      withLogFacts({ function: functionName, invocationId }, () => functionHandler(...inputs));
  });
}
