import { MAX_MESSAGE_BYTES } from "../amqp/context.ts";
import { changesIn } from "../amqp/outcome.ts";
import { encode } from "../amqp/receive-link.ts";
import { receiveDeferred } from "../broker/deferral.ts";
import { BrokerError } from "../broker/errors.ts";
import { cancelScheduled } from "../broker/intake.ts";
import { peek } from "../broker/peek.ts";
import { type Outcome, renewLock, settle } from "../broker/settlement.ts";
import { settleIn, type Transaction } from "../broker/transaction.ts";
import type { AmqpValue } from "../broker/types.ts";
import { type Message, parseMessage } from "../message/message.ts";
import {
  bodyOf,
  bytesOrNull,
  integerIn,
  integerOrNull,
  integersIn,
  itemsIn,
  mapValue,
  type RequestBody,
  textIn,
  textOrNull,
  uuidsIn,
} from "./amqp-body.ts";
import type { ManagementCall, Operation } from "./amqp-operation.ts";

export const MESSAGE_OPERATIONS: Readonly<Record<string, Operation>> = {
  "peek-message": peekMessages,
  "schedule-message": scheduleMessages,
  "cancel-scheduled-message": ({ store, body, transaction }) => {
    refuseIn(transaction);
    cancelScheduled(store, integersIn(body, "sequence-numbers"));
    return mapValue({});
  },
  "receive-by-sequence-number": receiveBySequenceNumber,
  "update-disposition": updateDisposition,
  "renew-lock": ({ store, body }) => {
    const untilMs = uuidsIn(body, "lock-tokens").map((token) => renewLock(store, token));
    return mapValue({
      expirations: {
        type: "array",
        value: untilMs.map((value) => ({ type: "timestamp", value })),
      },
    });
  },
};

function refuseIn(transaction: Transaction | null): void {
  if (transaction !== null) {
    throw new BrokerError(
      "not-implemented",
      "Scheduling and cancelling within a transaction is not supported here.",
    );
  }
}

function peekMessages({ store, body }: ManagementCall): AmqpValue | null {
  const found = peek(store, {
    fromSequenceNumber: integerIn(body, "from-sequence-number"),
    maxCount: integerIn(body, "message-count"),
    sessionId: textOrNull(body, "session-id"),
  });
  const omitsBody = body.get("omit-message-body")?.value === true;
  const messages = found.map((stored) => {
    const shown = omitsBody ? { ...stored, message: withoutBody(stored.message) } : stored;
    const value = encode({ stored: shown, lockToken: "", lockedUntilMs: null });
    return mapValue({ message: { type: "binary", value } });
  });
  return messages.length === 0 ? null : mapValue({ messages: { type: "list", value: messages } });
}

function withoutBody(message: Message): Message {
  return { ...message, bytes: { ...message.bytes, body: Buffer.alloc(0) } };
}

function scheduleMessages({ context, entity, body, transaction }: ManagementCall): AmqpValue {
  refuseIn(transaction);
  const messages = itemsIn(body, "messages").map(scheduledMessage);
  const numbers = context.namespace.publish(entity, messages);
  return mapValue({
    "sequence-numbers": {
      type: "array",
      value: numbers.map((number) => ({ type: "long", value: BigInt(number) })),
    },
  });
}

function scheduledMessage(item: AmqpValue): Message {
  const bytes = bytesOrNull(bodyOf(item), "message");
  if (bytes === null) {
    throw new BrokerError("invalid-argument", "An entry of the messages has no message.");
  }
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new BrokerError(
      "message-too-large",
      `The message (${bytes.length} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes).`,
    );
  }
  return parseMessage(bytes);
}

function receiveBySequenceNumber({ store, body }: ManagementCall): AmqpValue {
  const deliveries = receiveDeferred(store, {
    sequenceNumbers: integersIn(body, "sequence-numbers"),
    mode: integerOrNull(body, "receiver-settle-mode") === 0 ? "receive-and-delete" : "peek-lock",
    sessionId: textOrNull(body, "session-id"),
  });
  const messages = deliveries.map((delivery) =>
    mapValue({
      message: { type: "binary", value: encode(delivery) },
      "lock-token": { type: "uuid", value: delivery.lockToken },
    }),
  );
  return mapValue({ messages: { type: "list", value: messages } });
}

function updateDisposition({ store, body, transaction }: ManagementCall): AmqpValue {
  const outcome = outcomeIn(body);
  for (const lockToken of uuidsIn(body, "lock-tokens")) {
    if (transaction === null) {
      settle(store, lockToken, outcome);
    } else {
      settleIn(transaction, { store, lockToken, outcome });
    }
  }
  return mapValue({});
}

function outcomeIn(body: RequestBody): Outcome {
  const properties = changesIn(body.get("properties-to-modify"));
  const status = textIn(body, "disposition-status");
  switch (status) {
    case "completed":
      return { kind: "complete" };
    case "abandoned":
      return { kind: "abandon", properties };
    // The protocol has this spelling.
    case "defered":
      return { kind: "defer", properties };
    case "suspended":
      return {
        kind: "dead-letter",
        reason: textOrNull(body, "deadletter-reason"),
        description: textOrNull(body, "deadletter-description"),
        properties,
      };
    default:
      throw new BrokerError("invalid-argument", `There is no disposition status "${status}".`);
  }
}
