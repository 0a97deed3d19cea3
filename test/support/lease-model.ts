/**
 * What a queue with leases must do, as simply as it can be said: the reference that the real one is compared with.
 * Times are milliseconds.
 */
export interface LeaseModel {
  now: number;
  readonly messages: Map<string, ModelMessage>;
}

export interface ModelMessage {
  visibleAt: number;
  acked: boolean;
  /** Receipts in the order in which they were given out; null where the answer was lost. */
  readonly receipts: (string | null)[];
}

export const LEASE_MS = 60_000;

export function emptyModel(now: number): LeaseModel {
  return { now, messages: new Map() };
}

/** Ids that a dequeue may hand out. */
export function visibleIds(model: LeaseModel): string[] {
  return [...model.messages]
    .filter(([, message]) => !message.acked && message.visibleAt <= model.now)
    .map(([id]) => id);
}

/** @throws Error when the message must not have been handed out */
export function handOut(model: LeaseModel, id: string, receipt: string | null): void {
  const message = model.messages.get(id);
  if (message === undefined || message.acked || message.visibleAt > model.now) {
    throw new Error(`message ${id} was handed out although it is not visible`);
  }
  message.visibleAt = model.now + LEASE_MS;
  message.receipts.push(receipt);
}

/** What an acknowledgement with this receipt must come to. */
export function acknowledge(
  model: LeaseModel,
  id: string,
  receipt: string | null,
): "acked" | "message-leased-by-another" | "message-not-found" {
  const message = model.messages.get(id);
  if (message === undefined || (message.receipts.length === 0 && !message.acked)) {
    return "message-not-found";
  }
  if (!message.acked && receipt !== null && receipt !== message.receipts.at(-1)) {
    return "message-leased-by-another";
  }
  message.acked = true;
  return "acked";
}
