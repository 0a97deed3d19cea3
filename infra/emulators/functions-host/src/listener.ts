import type { InvocationRequest } from "./core-types.ts";
import type { HostFunction } from "./host-function.ts";

/** What starts one function on its own account: a timer or a message receiver. */
export interface Listener {
  start(): Promise<void>;
  /** Takes no new work; resolves when the work under way has ended. */
  stop(): Promise<void>;
}

/** Resolves with what the function returned. */
export type InvokeFunction = (
  target: HostFunction,
  request: InvocationRequest,
  reason: string,
) => Promise<unknown>;
