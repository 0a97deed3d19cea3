import type { Clock } from "./clock.ts";
import type { HostLogEntry } from "./log.ts";
import type { Settings } from "./settings.ts";
import type { ScheduleStatusStore } from "./timer/schedule-status.ts";

export interface FunctionsHostOptions {
  /** Directory of the app's package.json, host.json and local.settings.json. */
  readonly appDirectory: string;
  /** Entry file, relative to the directory; default `main` of its package.json. */
  readonly main?: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** PEM texts. With them the host answers by https only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** App settings. They override those of local.settings.json, and the app gets them in process.env. */
  readonly settings?: Settings;
  /** The content of a host.json, or its path; default: the file in the app's directory. */
  readonly hostJson?: object | string;
  /** Default: Blob Storage when `AzureWebJobsStorage` is a connection string, else memory. */
  readonly scheduleStatuses?: ScheduleStatusStore;
  readonly clock?: Clock;
  /** How long `stop` waits for running invocations; default 10 s. */
  readonly graceMs?: number;
  readonly log: (entry: HostLogEntry) => void;
}

/** A running host. */
export interface FunctionsHost {
  readonly port: number;
  readonly url: string;
  /** All registered functions, refused ones too, by name. */
  readonly functions: readonly FunctionDescription[];
  /** Every warning of the start-up. */
  readonly warnings: readonly string[];
  /** Takes no new work, waits for running work, runs the appTerminate hooks, closes. Safe to call again. */
  stop(): Promise<void>;
}

export interface FunctionDescription {
  readonly name: string;
  /** As declared, such as `timerTrigger`. */
  readonly triggerType: string;
  readonly isDisabled: boolean;
  /** Why the platform refuses it; null for a function that runs. */
  readonly problem: string | null;
  /** For an HTTP function: route with prefix, and methods. */
  readonly route?: string;
  readonly methods?: readonly string[];
}
