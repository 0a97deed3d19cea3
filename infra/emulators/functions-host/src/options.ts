import type { TokenCredential } from "@azure/identity";
import type { Clock } from "./clock.ts";
import type { HostLogEntry } from "./log.ts";
import type { Settings } from "./settings.ts";
import type { ScheduleStatusStore } from "./timer/schedule-status.ts";

export interface FunctionsHostOptions {
  /** Where the app's package.json, host.json and local.settings.json are. */
  readonly appDirectory: string;
  /** Entry file or glob, relative to the directory; default `main` of its package.json. */
  readonly main?: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly host?: "127.0.0.1";
  /** PEM texts. With them the host answers by https, and by https only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** App settings; they go over those of local.settings.json and are handed to the app in process.env. */
  readonly settings?: Settings;
  /** The content of a host.json, or the path of one; default the file in the app's directory. */
  readonly hostJson?: object | string;
  /** The one key for function and admin level; without it nobody needs a key. */
  readonly functionKey?: string;
  /** Default: Blob Storage when `AzureWebJobsStorage` is a connection string, else memory. */
  readonly scheduleStatuses?: ScheduleStatusStore;
  /** For `<Connection>__fullyQualifiedNamespace`; default DefaultAzureCredential. */
  readonly credential?: TokenCredential;
  readonly clock?: Clock;
  /** How long `stop` waits for invocations under way; default 10 s. */
  readonly graceMs?: number;
  /** Told when a function exceeds `functionTimeout`: the platform would kill the process now. */
  readonly onFunctionTimeout?: (functionName: string) => void;
  readonly log: (entry: HostLogEntry) => void;
}

/** A running host. */
export interface FunctionsHost {
  readonly port: number;
  readonly url: string;
  /** All that the app registered, refused ones too, by name. */
  readonly functions: readonly FunctionDescription[];
  /** Everything that was warned about at start-up. */
  readonly warnings: readonly string[];
  /**
   * Runs a function that is not HTTP-triggered, whatever its trigger says, and waits for its end.
   *
   * @throws Error when there is no such function; what the function threw
   */
  invoke(functionName: string, input?: string): Promise<void>;
  /** Takes no new work, lets what is under way end, runs the appTerminate hooks, closes. Safe to call again. */
  stop(): Promise<void>;
}

export interface FunctionDescription {
  readonly name: string;
  /** As declared, such as `timerTrigger`. */
  readonly triggerType: string;
  readonly isDisabled: boolean;
  /** Why the platform refuses it; null for one that runs. */
  readonly problem: string | null;
  /** Of an HTTP function: route with prefix, and methods. */
  readonly route?: string;
  readonly methods?: readonly string[];
}
