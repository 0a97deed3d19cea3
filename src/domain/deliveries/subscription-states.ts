import type { OwedFiles, Starts } from "../definitions/definition-store.ts";
import type { TopicState, TopicStateDraft } from "./topics/topic-state.ts";

/** State of subscriptions besides their definitions. */
export interface SubscriptionStates {
  /** Changes whenever a subscription is saved or deleted. */
  stamp(): Promise<string>;
  /** Where the subscription begins; nothing for one of an earlier version. */
  starts(subscriptionId: string): Promise<Starts>;
  /** Those of all subscriptions, by id. */
  allStarts(): Promise<ReadonlyMap<string, Starts>>;
  /** Files that were owed from the start and are not noted as such yet. */
  owedStarts(): Promise<readonly OwedStart[]>;
  topicStates(): Promise<readonly TopicState[]>;
  topicState(subscriptionId: string): Promise<TopicState | null>;
  /** @returns the new state, or the one that another worker stored first */
  putTopicState(state: TopicStateDraft): Promise<TopicState>;
  /** @throws UnavailableError when it has changed since it was read */
  replaceTopicState(state: TopicState, changes: Partial<TopicStateDraft>): Promise<TopicState>;
  /** @throws UnavailableError when it has changed since it was read */
  endTopicState(state: TopicState): Promise<void>;
  /** Ends the debt, once the ledger has notes of it. Ending it twice is fine. */
  endOwedStart(owed: OwedStart): Promise<void>;
}

export interface OwedStart extends OwedFiles {
  readonly subscriptionId: string;
  /** Version of the definition that owes it. */
  readonly version: number;
}
