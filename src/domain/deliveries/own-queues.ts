import type { QueueId } from "./queue-id.ts";

/**
 * The subscriptions' own queues that hold something to bring, and how their endpoints fare. A queue without a note holds
 * nothing.
 */
export interface OwnQueues {
  /** Notes that something is due in the queue at this time, or earlier. */
  noteDue(queueId: QueueId, at: Date): Promise<void>;
  find(queueId: QueueId): Promise<OwnQueue | null>;
  /** Every queue that holds something. */
  all(): AsyncIterable<OwnQueue>;
  /** @returns false when the note has changed since it was read */
  replace(before: OwnQueue, after: OwnQueueState): Promise<boolean>;
  /** Notes that the queue holds nothing. @returns false when the note has changed: something came since */
  end(queue: OwnQueue): Promise<boolean>;
}

export interface OwnQueueState {
  readonly dueAt: Date;
  /** Attempts that failed since the last one that succeeded. */
  readonly failures: number;
  /** The endpoint failed often: nothing is brought before this time, and then one file. */
  readonly pausedUntil: Date | null;
  /** The endpoint said that it is gone, or a parked file holds up the others. An operator resumes the queue. */
  readonly stopped: { readonly at: Date; readonly because: string } | null;
}

export interface OwnQueue extends OwnQueueState {
  readonly queueId: QueueId;
  /** Version of the note. */
  readonly etag: string;
}

/** Hints that something is due in a queue. A lost one is made up for by a tick. */
export interface DeliveryHints {
  send(queueId: QueueId, at: Date): Promise<void>;
}
