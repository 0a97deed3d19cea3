import type { Message } from "../message/message.ts";
import { BrokerError } from "./errors.ts";
import type { Namespace } from "./namespace.ts";
import { checkSettlement, type Outcome, settle } from "./settlement.ts";
import type { MessageLock, Store } from "./store.ts";

/**
 * Messages that a client sends and settles between declaring and discharging a transaction. Nothing is visible before.
 */
export interface Transaction {
  /** By address. */
  readonly sends: Map<string, Message[]>;
  readonly settlements: { readonly settlement: Settlement; readonly lock: MessageLock }[];
}

export interface Settlement {
  readonly store: Store;
  readonly lockToken: string;
  readonly outcome: Outcome;
}

export function createTransaction(): Transaction {
  return { sends: new Map(), settlements: [] };
}

/** Sends messages when the transaction commits. @throws BrokerError as `publish` */
export function sendIn(
  { sends }: Transaction,
  namespace: Namespace,
  { address, messages }: { readonly address: string; readonly messages: readonly Message[] },
): void {
  const all = [...(sends.get(address) ?? []), ...messages];
  namespace.checkSendable(address, all);
  sends.set(address, all);
}

/** Settles a message when the transaction commits; nobody else can meanwhile. @throws BrokerError as `settle` */
export function settleIn({ settlements }: Transaction, settlement: Settlement): void {
  const lock = checkSettlement(settlement.store, settlement.lockToken, settlement.outcome);
  lock.inTransaction = true;
  settlements.push({ settlement, lock });
}

/**
 * Does everything in the transaction, across entities, or nothing: no other work comes between the last check and the
 * last change.
 *
 * @throws BrokerError `transaction-rolled-back` when a lock has run out or an entity refuses its messages
 */
export function commit(transaction: Transaction, namespace: Namespace): void {
  try {
    for (const { settlement, lock } of transaction.settlements) {
      lock.inTransaction = false;
      checkSettlement(settlement.store, settlement.lockToken, settlement.outcome);
    }
    for (const [address, messages] of transaction.sends) {
      namespace.checkSendable(address, messages);
    }
  } catch (error) {
    rollBack(transaction);
    const reason = error instanceof Error ? error.message : String(error);
    throw new BrokerError(
      "transaction-rolled-back",
      `The transaction was rolled back and nothing of it was done: ${reason}`,
    );
  }
  for (const { settlement } of transaction.settlements) {
    settle(settlement.store, settlement.lockToken, settlement.outcome);
  }
  for (const [address, messages] of transaction.sends) {
    namespace.publish(address, messages);
  }
}

/** Drops everything in the transaction. Its messages stay locked as long as their locks last. */
export function rollBack({ sends, settlements }: Transaction): void {
  sends.clear();
  for (const { lock } of settlements.splice(0)) {
    lock.inTransaction = false;
  }
}
