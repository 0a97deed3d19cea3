import type { ActivityId } from "../ids.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Message, MessageState } from "./message.ts";

/** The queue at each connector. A message's every change of state re-keys or deletes its ready row: that is the guard. */
export interface Messages {
  /** Puts a message at its connector. @returns false when it is there already, in whatever state */
  insert(message: Message): Promise<boolean>;
  find(activityId: ActivityId, messageId: string): Promise<TrackedMessage | null>;
  /**
   * Waiting messages whose time has come, longest waiting first; in an ordered queue the oldest message alone, also
   * when somebody holds it.
   */
  ready(
    activityId: ActivityId,
    request: { now: Date; limit: number; ordered: boolean },
  ): Promise<readonly Message[]>;
  /**
   * Replaces a message if nobody did so since it was read.
   * @returns false when somebody else was faster
   */
  replace(before: Message, after: Message): Promise<boolean>;
  /**
   * Replaces up to 33 waiting messages of one connector, all of them or none.
   * @returns false when somebody else was faster with one of them
   */
  replaceAll(changes: readonly MessageChange[]): Promise<boolean>;
  /** Notes that the file is being fetched, and nothing else: whoever changes the message meanwhile does not notice. */
  noteDownload(message: Message, at: Date): Promise<void>;
  /**
   * Deletes a message that a dequeue cannot hand out, if nobody changed it since it was read.
   * @returns false when somebody did
   */
  delete(message: Message): Promise<boolean>;
  /** Those whose files were published last come first. */
  list(activityId: ActivityId, query: MessageQuery): Promise<Page<TrackedMessage>>;
}

export interface MessageChange {
  readonly before: Message;
  readonly after: Message;
}

/** A message with what is noted beside it. */
export interface TrackedMessage extends Message {
  /** When its file was fetched last, or began to be. */
  readonly downloadedAt: Date | null;
}

/** Which messages to list; what is absent does not narrow. */
export interface MessageQuery extends PageRequest {
  readonly states?: readonly MessageState[] | undefined;
  /** Only what was acknowledged although its file was never fetched. */
  readonly unfetched?: boolean | undefined;
  /** Files published at this instant or later. */
  readonly from?: Date | undefined;
  /** Files published before this instant. */
  readonly to?: Date | undefined;
  /** The file's name, as partners know it. */
  readonly externalId?: string | undefined;
  /** The run that made the file; or the message's own id, which clients call by the same name. */
  readonly correlationId?: string | undefined;
}
