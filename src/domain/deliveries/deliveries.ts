import type { Page, PageRequest } from "../page.ts";
import type { Delivery, DeliveryState } from "./delivery.ts";
import type { QueueId } from "./queue-id.ts";

/**
 * The queue at each connector. Every change of a delivery's state re-keys or deletes its ready row: that is the guard.
 */
export interface Deliveries {
  /** Puts a delivery at its connector. @returns false when it is there already, in any state */
  insert(delivery: Delivery): Promise<boolean>;
  find(queueId: QueueId, deliveryId: string): Promise<TrackedDelivery | null>;
  /**
   * Waiting deliveries that are due, longest waiting first. An ordered queue gives only its oldest delivery, even if it
   * is leased.
   */
  ready(
    queueId: QueueId,
    request: { now: Date; limit: number; ordered: boolean },
  ): Promise<readonly Delivery[]>;
  /**
   * Replaces a delivery unless it has changed since it was read.
   * @returns false when another caller was faster
   */
  replace(before: Delivery, after: Delivery): Promise<boolean>;
  /**
   * Replaces up to 33 waiting deliveries of one connector, all of them or none.
   * @returns false when another caller was faster with one of them
   */
  replaceAll(changes: readonly DeliveryChange[]): Promise<boolean>;
  /** Notes only that the file is being fetched. Concurrent changes of the delivery are not disturbed. */
  noteDownload(delivery: Delivery, at: Date): Promise<void>;
  /**
   * Deletes a delivery that a dequeue cannot hand out, unless it has changed since it was read.
   * @returns false when it has changed
   */
  delete(delivery: Delivery): Promise<boolean>;
  /** The most recently published files come first. */
  list(queueId: QueueId, query: DeliveryQuery): Promise<Page<TrackedDelivery>>;
}

export interface DeliveryChange {
  readonly before: Delivery;
  readonly after: Delivery;
}

/** A delivery and the notes beside it. */
export interface TrackedDelivery extends Delivery {
  /** Time at which the file was last fetched, or began to be. */
  readonly downloadedAt: Date | null;
}

/** Conditions of a list; absent ones do not narrow it. */
export interface DeliveryQuery extends PageRequest {
  readonly states?: readonly DeliveryState[] | undefined;
  /** Only deliveries that were acknowledged although their file was never fetched. */
  readonly unfetched?: boolean | undefined;
  /** Files published at this time or later. */
  readonly from?: Date | undefined;
  /** Files published before this time. */
  readonly to?: Date | undefined;
  /** The file's name for partners. */
  readonly externalId?: string | undefined;
  /** The run that made the file; or the delivery's own id, which clients give the same name. */
  readonly correlationId?: string | undefined;
}
