import type { Starts } from "../../definitions/definition-store.ts";
import type { TopicAccess } from "./partner-topic.ts";

/** How far a subscription of the topic is provisioned. */
export interface TopicState {
  readonly subscriptionId: string;
  /** Name at the broker. It never changes, whatever names a later version of Waybill would choose. */
  readonly name: string;
  readonly owner: string;
  readonly ordered: boolean;
  /** As the last definition said that named the topic. */
  readonly access: TopicAccess;
  /** Version of the definition whose rules stand; null: they do not stand, or must not be relied on. */
  readonly version: number | null;
  /** By file type, the first file that the topic itself brings. Types that are missing: every file. */
  readonly liveFrom: Starts;
  /** Why nothing is sent to it now: its reader does not come, or the definition names another way. */
  readonly pausedBecause: "silent-reader" | "draining" | null;
  /** Until then one worker changes the broker, and no other does; null: nobody does. */
  readonly busyUntil: Date | null;
  /** The last failure, for the operator. */
  readonly problem: string | null;
  readonly etag: string;
}

export type TopicStateDraft = Omit<TopicState, "etag">;

/** Whether the topic itself brings this file to the subscription of this version. */
export function isLive(
  state: TopicState | null,
  version: number,
  file: { readonly fileType: string; readonly sequence: number },
): boolean {
  return (
    state?.version === version &&
    state.pausedBecause === null &&
    file.sequence >= (state.liveFrom[file.fileType] ?? 1)
  );
}
