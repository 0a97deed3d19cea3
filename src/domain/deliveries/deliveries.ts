import type { PublishedFile } from "../ledger/ledger-entry.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Delivery, DeliveryState } from "./delivery.ts";
import type { QueueId } from "./queue-id.ts";

/**
 * The queues. Every change of a delivery's state re-keys or deletes its ready row: that is the guard.
 */
export interface Deliveries {
  /**
   * Puts a delivery into its queue, with the number of the file before it.
   * @returns false when it is there already, in any state
   */
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
   *
   * @param attempt recorded with the change
   * @returns false when another caller was faster
   */
  replace(before: Delivery, after: Delivery, attempt?: DeliveryAttempt): Promise<boolean>;
  /**
   * Replaces up to 33 waiting deliveries of one queue, all of them or none.
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
  /** Deliveries of one queue, or of several as one list. The most recently published files come first. */
  list(queues: QueueId | readonly QueueId[], query: DeliveryQuery): Promise<Page<TrackedDelivery>>;
  /** The last attempts to bring a delivery of a subscription's own queue, the latest first. */
  attempts(delivery: Delivery): Promise<readonly DeliveryAttempt[]>;
  /**
   * Notes in which queues a file has a delivery; noting it twice is fine.
   *
   * @param options.isAll no queue of the file's fan-out is missing
   */
  noteQueuesOf(
    file: FileRef,
    queues: readonly QueueOfFile[],
    options: { readonly isAll: boolean },
  ): Promise<void>;
  /** @returns `isAll` is false for files that an earlier version fanned out */
  queuesOf(file: FileRef): Promise<{ queues: readonly QueueOfFile[]; isAll: boolean }>;
}

export type FileRef = Pick<PublishedFile, "fileType" | "sequence">;

/** A queue in which a file has a delivery, and the subscription that it has it for. */
export interface QueueOfFile {
  readonly queueId: QueueId;
  readonly subscriptionId: string;
}

/** One attempt to bring a file. */
export interface DeliveryAttempt {
  readonly at: Date;
  readonly durationMs: number;
  /** HTTP status; null: there was no answer, or the way is not HTTP. */
  readonly status: number | null;
  /** Begin of the answer's content, as text. */
  readonly answer: string | null;
  /** Why it failed; null: it succeeded. */
  readonly failure: string | null;
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
  readonly subscriptionId?: string | undefined;
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
