import type { Connection } from "./domain/source.ts";
import { CONNECTION_READERS } from "./systems/index.ts";

export type ConnectionSetting = Connection | UnusableConnection;

/** A wrong setting makes only its own connection unusable. */
export interface UnusableConnection {
  readonly kind: "unusable";
  /** The setting and its fault, without its value. */
  readonly reason: string;
}

export interface ConnectionSettings {
  /** Connections by their name in definitions: `CONNECTION_SHOP_DB` is `shop-db`. */
  readonly connections: ReadonlyMap<string, ConnectionSetting>;
  /** Faults of the connections' settings, one text each. */
  readonly connectionProblems: readonly string[];
}

const CONNECTION_PREFIX = "CONNECTION_";
/** Form of connection names in definitions. */
const CONNECTION_NAME_REGEXP = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads the connections among the app's settings.
 *
 * @param given settings that are not empty, by name
 */
export function readConnections(given: ReadonlyMap<string, string>): ConnectionSettings {
  const connections = new Map<string, ConnectionSetting>();
  const connectionProblems: string[] = [];
  const settings = [...given].filter(([setting]) => setting.startsWith(CONNECTION_PREFIX));
  for (const [setting, value] of settings) {
    const name = setting.slice(CONNECTION_PREFIX.length).toLowerCase().replaceAll("_", "-");
    const read = nameProblem(name, connections) ?? connectionOf(value);
    if (typeof read === "string") {
      connectionProblems.push(`${setting}: ${read}`);
      connections.set(name, { kind: "unusable", reason: `the app's setting ${setting} ${read}` });
    } else {
      connections.set(name, read);
    }
  }
  return { connections, connectionProblems };
}

function nameProblem(name: string, others: ReadonlyMap<string, unknown>): string | null {
  if (!CONNECTION_NAME_REGEXP.test(name)) {
    return "has no valid connection name: use CONNECTION_ and up to 63 letters, digits and underscores, with a letter or digit at both ends";
  }
  return others.has(name) ? "is there twice: capitals and small letters are the same here" : null;
}

/** @returns a text that describes the fault of a wrong setting */
function connectionOf(value: string): ConnectionSetting | string {
  if (value.startsWith("@Microsoft.KeyVault(")) {
    return "is a reference to a secret that the platform has not resolved: the secret is missing, or the app may not read it";
  }
  for (const { read } of CONNECTION_READERS) {
    const connection = read(value);
    if (connection !== null) {
      return connection;
    }
  }
  const [fault] = CONNECTION_READERS.flatMap(({ fault: faultOf }) => faultOf?.(value) ?? []);
  return fault ?? `must be ${CONNECTION_READERS.map(({ looksLike }) => looksLike).join(", or ")}`;
}
