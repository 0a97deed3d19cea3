import type { InvocationRequest } from "./core-types.ts";
import type { HostFunction } from "./host-function.ts";

/** Starts one function by itself: a timer or a message receiver. */
export interface Listener {
  start(): Promise<void>;
  /** Takes no new work. Resolves when the running work has ended. */
  stop(): Promise<void>;
}

/** Resolves with the function's result. */
export type InvokeFunction = (
  target: HostFunction,
  request: InvocationRequest,
  reason: string,
) => Promise<unknown>;
