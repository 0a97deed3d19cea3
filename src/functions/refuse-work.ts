import { setTimeout as delay } from "node:timers/promises";
import { app, type FunctionHandler } from "@azure/functions";
import { AppError } from "../domain/errors.ts";
import type { Log } from "../domain/log-events.ts";
import { answered } from "./http/answered.ts";
import { failureResponse } from "./http/problem.ts";

/** A message that fails is handed out again at once, and one that was set aside without end: not faster than this. */
const MESSAGE_PAUSE_MS = 30_000;

/**
 * Has every function that is registered say that the app cannot work: requests are answered 503, timers and messages
 * fail. A table keeps the work that messages ask for, so it is done once the settings are right.
 *
 * An app that did not start would be worse: the platform answers 404 for it, calls it healthy, and no alert rings.
 *
 * @param fault names the settings that are wrong, and never a value
 */
export function refuseWork({ log }: { log: Log }, fault: Error): void {
  const invalid = new AppError("settings-invalid", fault.message);
  const refuse = answered(
    log,
    () => Promise.reject(invalid),
    (error, _, requestId) => failureResponse(error, requestId, "partner"),
  );
  const fail: FunctionHandler = () => {
    log("settings-invalid", { failure: fault.message });
    throw invalid;
  };
  const handlers: Readonly<Record<string, FunctionHandler>> = {
    httpTrigger: refuse as FunctionHandler,
    serviceBusTrigger: async (input, context) => {
      await delay(MESSAGE_PAUSE_MS);
      return fail(input, context);
    },
  };
  log("settings-invalid", { failure: fault.message });
  app.hook.preInvocation((context) => {
    const { type } = context.invocationContext.options.trigger;
    context.functionHandler = handlers[type] ?? fail;
  });
}
