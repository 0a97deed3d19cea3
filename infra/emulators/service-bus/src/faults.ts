import type { ClientConnection } from "./amqp/connection.ts";
import { addressKey } from "./broker/address.ts";
import { giveBack } from "./broker/delivery.ts";
import { BrokerError } from "./broker/errors.ts";
import type { Namespace } from "./broker/namespace.ts";
import { loseSession } from "./broker/session.ts";

/** Failures that a test can ask for. Entities are named by their address (`queue`, `topic/Subscriptions/sub`). */
export interface Faults {
  /** Cuts every AMQP connection without a farewell. Returns how many were cut. */
  dropConnections(): number;
  /** Cuts each connection that has a link to the entity. Returns how many were cut. */
  dropConnectionsOf(address: string): number;
  /** Ends every message lock and session lock of the entity now, as if it had run out. Returns how many ended. */
  loseLocks(address: string): number;
  /** Answers the next `count` sends to, or receives from, the entity with "server busy". */
  answerServerBusy(address: string, operation: FaultyOperation, count: number): void;
}

/** A receive is each time that a receiver asks for messages: by credit, or by a request. */
export type FaultyOperation = "send" | "receive";

export interface FaultSwitch extends Faults {
  /** Fails when a test has asked for it. @throws BrokerError `server-busy` */
  check(address: string, operation: FaultyOperation): void;
}

export function createFaults(
  namespace: Namespace,
  connections: ReadonlySet<ClientConnection>,
): FaultSwitch {
  const busy = new Map<string, number>();
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
    answerServerBusy: (address, operation, count) => {
      busy.set(`${operation} ${addressKey(address)}`, count);
    },
    check: (address, operation) => {
      const key = `${operation} ${addressKey(address)}`;
      const left = busy.get(key) ?? 0;
      if (left > 0) {
        busy.set(key, left - 1);
        throw new BrokerError("server-busy", "The server is busy. Please retry the operation.");
      }
    },
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
    // Those of a session have lost their lock with it.
    if (stored.lock !== null) {
      giveBack(store, stored, { counts: true });
    }
  }
  return sessions.length + messages.length;
}
