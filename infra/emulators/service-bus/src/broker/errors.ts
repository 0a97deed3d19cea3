export type BrokerErrorCode =
  | "authorization-expired"
  | "entity-not-found"
  | "entity-exists"
  | "entity-disabled"
  | "invalid-argument"
  | "malformed-message"
  | "link-stolen"
  | "message-lock-lost"
  | "message-not-found"
  | "message-too-large"
  | "not-allowed"
  | "not-implemented"
  | "quota-exceeded"
  | "session-cannot-be-locked"
  | "session-lock-lost"
  | "timeout"
  | "token-refused"
  | "transaction-rolled-back"
  | "transaction-unknown"
  | "unauthorized";

/** A refusal with a reason from a closed list. Each protocol translates the code. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string) {
    super(message);
    this.name = "BrokerError";
    this.code = code;
  }
}
