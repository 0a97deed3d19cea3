import { BrokerError } from "../broker/errors.ts";
import type { Transaction } from "../broker/transaction.ts";
import type { ClientConnection } from "./connection.ts";

/** The transaction by the id in a frame; null when the frame has none. @throws BrokerError `transaction-unknown` */
export function transactionOf(
  { transactions }: Pick<ClientConnection, "transactions">,
  id: Buffer | null,
): Transaction | null {
  if (id === null) {
    return null;
  }
  const transaction = transactions.get(id.toString("hex"));
  if (transaction === undefined) {
    throw new BrokerError(
      "transaction-unknown",
      "There is no such transaction. It may have been discharged already.",
    );
  }
  return transaction;
}
