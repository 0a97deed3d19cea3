import { inspect } from "node:util";

/** One line of the host's log. */
export interface HostLogEntry {
  readonly at: Date;
  readonly level: "trace" | "debug" | "information" | "warning" | "error" | "critical";
  /** `user`: written by the app through its context; `system`: by the library; `host`: by this host. */
  readonly category: "user" | "system" | "host";
  readonly message: string;
  readonly functionName?: string;
  readonly invocationId?: string;
}

export interface HostLog {
  debug(message: string, about?: LogSubject): void;
  info(message: string, about?: LogSubject): void;
  /** Used among others for things that work here and break in Azure. */
  warn(message: string, about?: LogSubject): void;
  error(message: string, about?: LogSubject): void;
}

export type LogSubject = Pick<HostLogEntry, "functionName" | "invocationId">;

export function hostLog(write: (entry: HostLogEntry) => void): HostLog {
  const line = (level: HostLogEntry["level"]) => (message: string, about?: LogSubject) =>
    write({ at: new Date(), level, category: "host", message, ...about });
  return {
    debug: line("debug"),
    info: line("information"),
    warn: line("warning"),
    error: line("error"),
  };
}

/** An error's text, with its stack if it has one. */
export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}
