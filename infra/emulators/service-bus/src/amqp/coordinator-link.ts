import { randomUUID } from "node:crypto";
import type { Delivery, EventContext, Receiver } from "rhea";
import { BrokerError } from "../broker/errors.ts";
import { commit, createTransaction, rollBack, type Transaction } from "../broker/transaction.ts";
import type { AmqpValue } from "../broker/types.ts";
import { parseMessage } from "../message/message.ts";
import { amqpError } from "./condition.ts";
import { endLink, type OpenLink, openLink } from "./connection.ts";
import type { LinkContext } from "./context.ts";
import { readBody } from "./request-link.ts";
import { acceptAttach, answerSettlement, answerState } from "./shim.ts";
import { COORDINATOR_ADDRESS } from "./shim-session.ts";
import { transactionOf } from "./transactions.ts";

const DECLARE = 0x31;
const DISCHARGE = 0x32;
const DECLARED = 0x33n;

const COORDINATOR: AmqpValue = {
  type: "described",
  descriptor: { type: "ulong", value: 0x30n },
  value: { type: "list", value: [] },
};

/**
 * Opens a link by which a client declares and discharges transactions. All links of its connection can take part. When
 * the link ends, its open transactions are rolled back.
 *
 * @see http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transactions-v1.0-os.html
 */
export function openCoordinatorLink(context: LinkContext, receiver: Receiver): OpenLink {
  const { transactions } = context.connection;
  const declared = new Map<string, Transaction>();
  const link = openLink(receiver, COORDINATOR_ADDRESS, () => {
    for (const [id, transaction] of declared) {
      rollBack(transaction);
      transactions.delete(id);
    }
  });
  receiver.on("message", ({ message, delivery }: EventContext) => {
    if (delivery === undefined) {
      return;
    }
    try {
      serve({ ...context, declared }, delivery, Buffer.from(message as unknown as Buffer));
    } catch (error) {
      answerSettlement(delivery, amqpError(error));
    }
  });
  receiver.on("receiver_close", () => endLink(context.connection, link));
  acceptAttach(receiver, { target: COORDINATOR });
  return link;
}

/** @param coordinator.declared transactions that this link declared and has not discharged */
function serve(
  coordinator: LinkContext & { readonly declared: Map<string, Transaction> },
  delivery: Delivery,
  bytes: Buffer,
): void {
  const { connection, namespace, declared } = coordinator;
  const body = readBody(parseMessage(bytes).bytes.body);
  const code = body.type === "described" ? Number(body.descriptor.value) : null;
  const { transactions } = connection;
  if (code === DECLARE) {
    const id = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
    const transaction = createTransaction();
    transactions.set(id.toString("hex"), transaction);
    declared.set(id.toString("hex"), transaction);
    answerState(delivery, DECLARED, [{ type: "binary", value: id }]);
    return;
  }
  if (code !== DISCHARGE || body.type !== "described" || body.value.type !== "list") {
    throw new BrokerError("not-implemented", "A coordinator takes declare and discharge only.");
  }
  const [id, fail] = body.value.value;
  const key = id?.type === "binary" ? id.value : Buffer.alloc(0);
  const transaction = transactionOf(connection, key);
  transactions.delete(key.toString("hex"));
  declared.delete(key.toString("hex"));
  if (transaction !== null && fail?.value === true) {
    rollBack(transaction);
  } else if (transaction !== null) {
    commit(transaction, namespace);
  }
  answerSettlement(delivery, null);
}
