/**
 * The behaviour of a queue with leases, as simple as possible: the reference for the real one. Times are milliseconds.
 */
export interface LeaseModel {
  now: number;
  readonly deliveries: Map<string, ModelDelivery>;
}

export interface ModelDelivery {
  state: "waiting" | "leased" | "acked" | "rejected";
  visibleAt: number;
  /** Receipts in the order in which they were given out; null where the answer was lost. */
  readonly receipts: (string | null)[];
  /** Whether the last receipt still counts: it does until an operator sends the delivery back. */
  isReceiptValid: boolean;
}

export type Refusal = "delivery-not-found" | "delivery-leased-by-another" | "delivery-not-leased";

export const LEASE_MS = 60_000;

export function emptyModel(now: number): LeaseModel {
  return { now, deliveries: new Map() };
}

export function arrive(model: LeaseModel, id: string): void {
  model.deliveries.set(id, {
    state: "waiting",
    visibleAt: model.now,
    receipts: [],
    isReceiptValid: false,
  });
}

/** Ids that a dequeue may hand out. */
export function visibleIds(model: LeaseModel): string[] {
  return [...model.deliveries]
    .filter(([, delivery]) => isVisible(model, delivery))
    .map(([id]) => id);
}

function isVisible(model: LeaseModel, { state, visibleAt }: ModelDelivery): boolean {
  return (state === "waiting" || state === "leased") && visibleAt <= model.now;
}

/** @throws Error when the delivery must not have been handed out */
export function handOut(model: LeaseModel, id: string, receipt: string | null): void {
  const delivery = model.deliveries.get(id);
  if (delivery === undefined || !isVisible(model, delivery)) {
    throw new Error(`message ${id} was handed out although it is not visible`);
  }
  delivery.state = "leased";
  delivery.visibleAt = model.now + LEASE_MS;
  delivery.receipts.push(receipt);
  delivery.isReceiptValid = true;
}

/** Expected result of an acknowledgement with this receipt; null: with the id alone. */
export function acknowledge(model: LeaseModel, id: string, receipt: string | null): string {
  const delivery = deliveryOf(model, id);
  if (delivery.state === "acked") {
    return "acked";
  }
  if (delivery.state === "rejected") {
    return "delivery-not-leased";
  }
  if (!delivery.isReceiptValid || (receipt === null && delivery.state === "waiting")) {
    return "delivery-not-found";
  }
  if (receipt !== null && receipt !== delivery.receipts.at(-1)) {
    return "delivery-leased-by-another";
  }
  delivery.state = "acked";
  return "acked";
}

/** Expected result of a renewal with this receipt. */
export function renew(model: LeaseModel, id: string, receipt: string): string {
  const delivery = deliveryOf(model, id);
  const refusal = refusalOf(delivery, receipt);
  if (refusal !== null) {
    return refusal;
  }
  delivery.visibleAt = Math.max(delivery.visibleAt, model.now + LEASE_MS);
  return "dequeued";
}

/** Expected result of giving back with this receipt. */
export function release(
  model: LeaseModel,
  id: string,
  { receipt, delayMs }: { receipt: string; delayMs: number },
): string {
  const delivery = deliveryOf(model, id);
  if (delivery.state === "waiting" && isLast(delivery, receipt)) {
    return "enqueued";
  }
  const refusal = refusalOf(delivery, receipt);
  if (refusal !== null) {
    return refusal;
  }
  delivery.state = "waiting";
  delivery.visibleAt = model.now + delayMs;
  return "enqueued";
}

/** Expected result of setting aside with this receipt. */
export function reject(model: LeaseModel, id: string, receipt: string): string {
  const delivery = deliveryOf(model, id);
  if (delivery.state === "rejected" && isLast(delivery, receipt)) {
    return "rejected";
  }
  const refusal = refusalOf(delivery, receipt);
  if (refusal !== null) {
    return refusal;
  }
  delivery.state = "rejected";
  return "rejected";
}

/** Expected result of sending back by an operator: the message always waits, now. */
export function requeue(model: LeaseModel, id: string): string {
  const delivery = deliveryOf(model, id);
  const waitsAlready = delivery.state === "waiting" && !delivery.isReceiptValid;
  delivery.visibleAt = waitsAlready ? Math.min(delivery.visibleAt, model.now) : model.now;
  delivery.state = "waiting";
  delivery.isReceiptValid = false;
  return "enqueued";
}

function deliveryOf(model: LeaseModel, id: string): ModelDelivery {
  const delivery = model.deliveries.get(id);
  if (delivery === undefined) {
    throw new Error(`there is no delivery ${id}`);
  }
  return delivery;
}

function refusalOf(delivery: ModelDelivery, receipt: string): Refusal | null {
  if (delivery.state !== "leased") {
    return "delivery-not-leased";
  }
  return isLast(delivery, receipt) ? null : "delivery-leased-by-another";
}

function isLast(delivery: ModelDelivery, receipt: string): boolean {
  return delivery.isReceiptValid && delivery.receipts.at(-1) === receipt;
}
