import type { AmqpError } from "rhea";
import { BrokerError, type BrokerErrorCode } from "../broker/errors.ts";

interface Condition {
  readonly condition: string;
  /** Status of the answer to a request to `$management`. */
  readonly status: number;
}

/** The engine's error codes in the words of AMQP and Service Bus. */
const CONDITIONS: Readonly<Record<BrokerErrorCode, Condition>> = {
  "authorization-expired": { condition: "amqp:link:detach-forced", status: 401 },
  "entity-not-found": { condition: "amqp:not-found", status: 404 },
  "entity-exists": { condition: "com.microsoft:entity-already-exists", status: 409 },
  "entity-disabled": { condition: "com.microsoft:entity-disabled", status: 403 },
  "invalid-argument": { condition: "com.microsoft:argument-error", status: 400 },
  "malformed-message": { condition: "amqp:decode-error", status: 400 },
  "link-stolen": { condition: "amqp:link:stolen", status: 410 },
  "message-lock-lost": { condition: "com.microsoft:message-lock-lost", status: 410 },
  "message-not-found": { condition: "com.microsoft:message-not-found", status: 404 },
  "message-too-large": { condition: "amqp:link:message-size-exceeded", status: 403 },
  "not-allowed": { condition: "amqp:not-allowed", status: 403 },
  "not-implemented": { condition: "amqp:not-implemented", status: 501 },
  "quota-exceeded": { condition: "amqp:resource-limit-exceeded", status: 403 },
  "session-cannot-be-locked": { condition: "com.microsoft:session-cannot-be-locked", status: 410 },
  "session-lock-lost": { condition: "com.microsoft:session-lock-lost", status: 410 },
  timeout: { condition: "com.microsoft:timeout", status: 408 },
  "token-refused": { condition: "com.microsoft:auth-failed", status: 401 },
  "transaction-rolled-back": { condition: "amqp:transaction:rollback", status: 410 },
  "transaction-unknown": { condition: "amqp:transaction:unknown-id", status: 404 },
  unauthorized: { condition: "amqp:unauthorized-access", status: 401 },
};

const INTERNAL: Condition = { condition: "amqp:internal-error", status: 500 };

/** Any error in the form of AMQP. An error that is not the engine's own is a fault of the broker. */
export function amqpError(error: unknown): AmqpError {
  return { condition: conditionOf(error).condition, description: textOf(error) };
}

export function statusOf(error: unknown): Condition & { readonly description: string } {
  return { ...conditionOf(error), description: textOf(error) };
}

function conditionOf(error: unknown): Condition {
  return error instanceof BrokerError ? CONDITIONS[error.code] : INTERNAL;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
