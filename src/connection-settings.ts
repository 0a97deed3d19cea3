import type { Connection } from "./domain/source.ts";
import { CONNECTION_READERS } from "./systems/index.ts";

export type ConnectionSetting = Connection | UnusableConnection;

/** A setting that is wrong makes its own connection unusable, and nothing else. */
export interface UnusableConnection {
  readonly kind: "unusable";
  /** The setting and what is wrong with it, without its value. */
  readonly reason: string;
}

export interface ConnectionSettings {
  /** Connections by the name that definitions use: `CONNECTION_SHOP_DB` is `shop-db`. */
  readonly connections: ReadonlyMap<string, ConnectionSetting>;
  /** What is wrong with settings of connections, one text each. */
  readonly connectionProblems: readonly string[];
}

const CONNECTION_PREFIX = "CONNECTION_";
/** As definitions write the names of connections. */
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
    return "has no name for a connection: that is CONNECTION_ and up to 63 letters, digits and underscores, with a letter or digit at both ends";
  }
  return others.has(name)
    ? "is there twice, as capitals and small letters are the same here"
    : null;
}

/** @returns what is wrong, when anything is */
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
  return `must be ${CONNECTION_READERS.map(({ looksLike }) => looksLike).join(", or ")}`;
}
