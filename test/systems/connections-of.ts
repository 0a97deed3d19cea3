import type { Connection, Connections } from "../../src/domain/source.ts";

/** Every name leads to this connection. */
export function connectionsOf<Given extends Connection>(connection: Given): Connections {
  return { get: () => connection };
}
