import type { Connection, Connections } from "../../src/domain/source.ts";

/** Whatever name is asked for, it is this connection. */
export function connectionsOf<Given extends Connection>(connection: Given): Connections {
  return { get: () => connection };
}
