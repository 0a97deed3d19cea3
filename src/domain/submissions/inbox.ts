import type { ActivityId } from "../ids.ts";
import type { Page, PageRequest } from "../page.ts";
import type { InboundState } from "./inbound-api.ts";
import type { InboundMessage } from "./inbound-message.ts";
import type { Heard } from "./repetition.ts";

/** The files that were handed in. Everything of one connector changes in one transaction. */
export interface Inbox {
  /**
   * Puts a message at its connector, with the claims that keep a second one like it out, and gives it its place in an
   * ordered connector. From then on it is owed a run, and found by each of its ids.
   *
   * @returns the message; or the earlier one that keeps one of the claims, and nothing is changed then
   */
  insert(
    message: InboundMessage,
    options: { ordered: boolean; claims: readonly Claim[] },
  ): Promise<InboundMessage>;
  /** By message id. */
  get(activityId: string, id: string): Promise<InboundMessage | null>;
  /**
   * By message id, execution id or the partner's own execution id. Where several partners call theirs so, the newest;
   * an id that Waybill made is found first.
   */
  find(id: string): Promise<InboundMessage | null>;
  /** The same at each connector that knows the id, the newest first: partners share no ids. */
  findEach(id: string): Promise<readonly InboundMessage[]>;
  /** The same at one connector. */
  findAt(activityId: string, id: string): Promise<InboundMessage | null>;
  /** The message that has a claim, whatever it keeps out. */
  findClaim(activityId: ActivityId, key: string, now: Date): Promise<InboundMessage | null>;
  heard(message: InboundMessage): Promise<Heard>;
  /**
   * Changes what was heard about a message, unless `change` returns what it was given. It is not a change of the message
   * itself, and disturbs no attempt.
   *
   * @returns what is known now
   */
  hear(message: InboundMessage, change: (heard: Heard) => Heard): Promise<Heard>;
  /**
   * Replaces a message if nobody did so since it was read.
   * @returns false when somebody else was faster
   */
  replace(before: InboundMessage, after: InboundMessage): Promise<boolean>;
  /** Messages that are owed a run: in an ordered connector in their order, in any other oldest first. */
  owed(activityId: ActivityId, limit: number): Promise<readonly InboundMessage[]>;
  /** The oldest message of an ordered connector that is owed a run. */
  nextInOrder(activityId: ActivityId): Promise<InboundMessage | null>;
  /** Newest first; null: in whatever state. */
  list(
    activityId: ActivityId,
    state: InboundState | null,
    page: PageRequest & { readonly receivedBefore?: Date },
  ): Promise<Page<InboundMessage>>;
  /** The messages that brought mended rows of these; of one parent the oldest first. */
  children(
    activityId: ActivityId,
    parentIds: readonly string[],
  ): Promise<readonly InboundMessage[]>;
  /** Every connector at which a file was ever handed in, also those that were deleted. */
  connectors(): Promise<readonly string[]>;
  /**
   * Deletes claims that have ended, the oldest first, at most `limit`.
   * @returns how many; fewer than `limit` when no more are left
   */
  deleteEndedClaims(activityId: ActivityId, now: Date, limit: number): Promise<number>;
  /**
   * Deletes a message and its claims; none of its ids is known any more. Only for one that nobody can change: its file
   * was given up. Deleting it twice is fine.
   */
  delete(message: InboundMessage): Promise<void>;
}

/** What only one message of a connector may have: an execution id, or for a while the name of its request. */
export interface Claim {
  readonly key: string;
  /** Null: as long as the message is known. */
  readonly until: Date | null;
  /** Whether the message that has it keeps it; else the new one takes it over. Left out: always. */
  readonly isKeptBy?: (holder: InboundMessage, heard: Heard) => boolean;
}
