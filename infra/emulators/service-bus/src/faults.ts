import type { ClientConnection } from "./amqp/connection.ts";
import { addressKey } from "./broker/address.ts";
import { giveBack } from "./broker/delivery.ts";
import type { Namespace } from "./broker/namespace.ts";
import { loseSession } from "./broker/session.ts";

/** Failures that a test can cause. Entities are named by their address (`queue`, `topic/Subscriptions/sub`). */
export interface Faults {
  /** Cuts every AMQP connection without a close frame. @returns how many were cut */
  dropConnections(): number;
  /** Cuts each connection that has a link to the entity. @returns how many were cut */
  dropConnectionsOf(address: string): number;
  /** Ends every message lock and session lock of the entity now, as if it had run out. @returns how many ended */
  loseLocks(address: string): number;
}

export function createFaults(
  namespace: Namespace,
  connections: ReadonlySet<ClientConnection>,
): Faults {
  const cut = (which: (connection: ClientConnection) => boolean): number => {
    const chosen = [...connections].filter(which);
    for (const connection of chosen) {
      connection.cut();
    }
    return chosen.length;
  };
  return {
    dropConnections: () => cut(() => true),
    dropConnectionsOf: (address) =>
      cut(({ links }) => [...links].some((link) => link.entity === addressKey(address))),
    loseLocks: (address) => loseLocks(namespace, address),
  };
}

function loseLocks(namespace: Namespace, address: string): number {
  const store = namespace.store(address);
  const sessions = [...store.lanes.values()].filter((lane) => lane.lock !== null);
  const messages = [...store.byLockToken.values()];
  for (const lane of sessions) {
    loseSession(store, lane);
  }
  for (const stored of messages) {
    // Messages of a session have lost their lock with it.
    if (stored.lock !== null) {
      giveBack(store, stored, { counts: true });
    }
  }
  return sessions.length + messages.length;
}
