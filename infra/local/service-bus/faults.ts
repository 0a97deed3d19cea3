/** Failures that a test can ask for. Entities are named by their address (`queue`, `topic/Subscriptions/sub`). */
export interface Faults {
  /** Cuts every AMQP connection without a farewell. Returns how many were cut. */
  dropConnections(): number;
  /** Cuts each connection that has a link to the entity. Returns how many were cut. */
  dropConnectionsOf(address: string): number;
  /** Ends every message lock and session lock of the entity now, as if it had run out. Returns how many ended. */
  loseLocks(address: string): number;
  /** Answers the next `count` sends to, or receives from, the entity with "server busy". */
  answerServerBusy(address: string, operation: "send" | "receive", count: number): void;
}
