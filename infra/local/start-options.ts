import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { STACK_FILE } from "./stack-file.ts";

export const USAGE = `npm start -- [options]

  --any-port                       free ports in place of 7071, 7072, 10000, 10002, 5672 and 5300
  --data DIR                       keeps files, tables, the shop, the clients' secrets and the certificate between starts
  --https                          app, storage and tokens answer by https, for clients that insist on it; the first
                                   screen says how to trust the certificate, which is made at this start
  --storage CONNECTION_STRING      uses a storage account, or an Azurite, that already runs
  --service-bus CONNECTION_STRING  uses a namespace, or Microsoft's emulator, that already runs
  --help                           prints this

Settings of the app come from the environment. A connection that definitions may name as "crm":

  CONNECTION_CRM='postgres://user:password@host/crm' npm start
  $env:CONNECTION_CRM = 'postgres://user:password@host/crm'; npm start     in PowerShell`;

export interface StartOptions {
  readonly help: boolean;
  readonly anyPort: boolean;
  readonly https: boolean;
  readonly stackFile: string;
  /** Places of data, of other services and of the stack file. */
  readonly places: {
    readonly dataDirectory?: string;
    readonly storage?: string;
    readonly serviceBus?: string;
  };
}

/** Variables in which npm leaves options that it took for itself. `--https` is an option of npm, which npm reports. */
const TAKEN_BY_NPM = ["any-port", "data", "storage", "service-bus"].map(
  (name) => [`--${name}`, `npm_config_${name.replace("-", "_")}`] as const,
);

/**
 * Without `--` npm keeps options to itself, and they would silently do nothing. The same happens in Windows' PowerShell
 * with an older npm, whose script never sees the `--`.
 *
 * @throws Error that shows how to write the option
 */
export function requireOptionsReached(
  settings: Readonly<Record<string, string | undefined>>,
): void {
  const [taken] = TAKEN_BY_NPM.find(([, setting]) => settings[setting] !== undefined) ?? [];
  if (taken !== undefined) {
    throw new Error(
      `Cannot start: npm took "${taken}" for itself; write "npm start -- ${taken} ...", in PowerShell "npm start '--' ${taken} ..."`,
    );
  }
}

/** @throws Error that names an unknown option */
export function startOptions(args: readonly string[]): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h", default: false },
      "any-port": { type: "boolean", default: false },
      data: { type: "string" },
      https: { type: "boolean", default: false },
      storage: { type: "string" },
      "service-bus": { type: "string" },
      // for tests that run several stacks at once
      "stack-file": { type: "string", default: STACK_FILE },
    },
  });
  const { data, storage, "service-bus": serviceBus } = values;
  return {
    help: values.help,
    anyPort: values["any-port"],
    https: values.https,
    stackFile: values["stack-file"],
    places: {
      ...(data === undefined ? {} : { dataDirectory: resolve(data) }),
      ...(storage === undefined ? {} : { storage }),
      ...(serviceBus === undefined ? {} : { serviceBus }),
    },
  };
}
