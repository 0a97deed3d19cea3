/**
 * The behaviour of a queue with leases, as simple as possible: the reference for the real one. Times are milliseconds.
 */
export interface LeaseModel {
  now: number;
  readonly messages: Map<string, ModelMessage>;
}

export interface ModelMessage {
  state: "waiting" | "leased" | "acked" | "rejected";
  visibleAt: number;
  /** Receipts in the order in which they were given out; null where the answer was lost. */
  readonly receipts: (string | null)[];
  /** Whether the last receipt still counts: it does until an operator sends the message back. */
  isReceiptValid: boolean;
}

export type Refusal = "message-not-found" | "message-leased-by-another" | "message-not-leased";

export const LEASE_MS = 60_000;

export function emptyModel(now: number): LeaseModel {
  return { now, messages: new Map() };
}

export function arrive(model: LeaseModel, id: string): void {
  model.messages.set(id, {
    state: "waiting",
    visibleAt: model.now,
    receipts: [],
    isReceiptValid: false,
  });
}

/** Ids that a dequeue may hand out. */
export function visibleIds(model: LeaseModel): string[] {
  return [...model.messages].filter(([, message]) => isVisible(model, message)).map(([id]) => id);
}

function isVisible(model: LeaseModel, { state, visibleAt }: ModelMessage): boolean {
  return (state === "waiting" || state === "leased") && visibleAt <= model.now;
}

/** @throws Error when the message must not have been handed out */
export function handOut(model: LeaseModel, id: string, receipt: string | null): void {
  const message = model.messages.get(id);
  if (message === undefined || !isVisible(model, message)) {
    throw new Error(`message ${id} was handed out although it is not visible`);
  }
  message.state = "leased";
  message.visibleAt = model.now + LEASE_MS;
  message.receipts.push(receipt);
  message.isReceiptValid = true;
}

/** Expected result of an acknowledgement with this receipt; null: with the id alone. */
export function acknowledge(model: LeaseModel, id: string, receipt: string | null): string {
  const message = messageOf(model, id);
  if (message.state === "acked") {
    return "acked";
  }
  if (message.state === "rejected") {
    return "message-not-leased";
  }
  if (!message.isReceiptValid || (receipt === null && message.state === "waiting")) {
    return "message-not-found";
  }
  if (receipt !== null && receipt !== message.receipts.at(-1)) {
    return "message-leased-by-another";
  }
  message.state = "acked";
  return "acked";
}

/** Expected result of a renewal with this receipt. */
export function renew(model: LeaseModel, id: string, receipt: string): string {
  const message = messageOf(model, id);
  const refusal = refusalOf(message, receipt);
  if (refusal !== null) {
    return refusal;
  }
  message.visibleAt = Math.max(message.visibleAt, model.now + LEASE_MS);
  return "dequeued";
}

/** Expected result of giving back with this receipt. */
export function release(
  model: LeaseModel,
  id: string,
  { receipt, delayMs }: { receipt: string; delayMs: number },
): string {
  const message = messageOf(model, id);
  if (message.state === "waiting" && isLast(message, receipt)) {
    return "enqueued";
  }
  const refusal = refusalOf(message, receipt);
  if (refusal !== null) {
    return refusal;
  }
  message.state = "waiting";
  message.visibleAt = model.now + delayMs;
  return "enqueued";
}

/** Expected result of setting aside with this receipt. */
export function reject(model: LeaseModel, id: string, receipt: string): string {
  const message = messageOf(model, id);
  if (message.state === "rejected" && isLast(message, receipt)) {
    return "rejected";
  }
  const refusal = refusalOf(message, receipt);
  if (refusal !== null) {
    return refusal;
  }
  message.state = "rejected";
  return "rejected";
}

/** Expected result of sending back by an operator: the message always waits, now. */
export function requeue(model: LeaseModel, id: string): string {
  const message = messageOf(model, id);
  const waitsAlready = message.state === "waiting" && !message.isReceiptValid;
  message.visibleAt = waitsAlready ? Math.min(message.visibleAt, model.now) : model.now;
  message.state = "waiting";
  message.isReceiptValid = false;
  return "enqueued";
}

function messageOf(model: LeaseModel, id: string): ModelMessage {
  const message = model.messages.get(id);
  if (message === undefined) {
    throw new Error(`there is no message ${id}`);
  }
  return message;
}

function refusalOf(message: ModelMessage, receipt: string): Refusal | null {
  if (message.state !== "leased") {
    return "message-not-leased";
  }
  return isLast(message, receipt) ? null : "message-leased-by-another";
}

function isLast(message: ModelMessage, receipt: string): boolean {
  return message.isReceiptValid && message.receipts.at(-1) === receipt;
}
