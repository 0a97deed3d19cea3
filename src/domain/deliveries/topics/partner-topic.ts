import type { TopicRule } from "../../filters/topic-rules.ts";

/** The topic of file-available events, as its manager sees it. Partners have subscriptions of their own there. */
export interface PartnerTopic {
  /** Ways in which partners may open their subscriptions; none: the deployment does not manage the topic. */
  readonly access: readonly TopicAccess[];
  /** Host of the namespace, with the port if it is not the usual one. */
  readonly namespace: string;
  readonly name: string;
  /** @returns null when there is none of that name */
  find(name: string): Promise<TopicSubscription | null>;
  /**
   * Creates a subscription that has this one rule from the beginning. One that exists already stays as it is: compare
   * it afterwards.
   */
  create(name: string, options: NewTopicSubscription): Promise<void>;
  /** A rule of that name that exists already stays. */
  addRule(name: string, rule: NamedRule): Promise<void>;
  /** A missing rule is fine. */
  removeRule(name: string, ruleName: string): Promise<void>;
  /** A missing subscription is fine. */
  remove(name: string): Promise<void>;
  usage(): Promise<TopicUsage>;
  /** A token that opens one subscription for receiving, and nothing else. */
  listenToken(name: string, expiresAt: Date): Promise<ListenToken>;
  /** Gives the signing rule a new key. The key before stays valid until the next rotation. */
  rotateKeys(): Promise<void>;
}

export type TopicAccess = "sas" | "entra";

export interface NewTopicSubscription {
  /** Says whose it is; stored with the subscription. */
  readonly owner: string;
  readonly ordered: boolean;
  readonly rule: NamedRule;
}

export interface TopicSubscription {
  readonly owner: string;
  readonly ordered: boolean;
  /** Rules by name; null: one that Waybill never makes. */
  readonly rules: ReadonlyMap<string, TopicRule | null>;
}

export interface NamedRule {
  readonly name: string;
  readonly rule: TopicRule;
}

export interface TopicUsage {
  /** Share of the topic's room that waiting messages take: 0 to 1. */
  readonly fullness: number;
  /** Waiting messages by subscription. */
  readonly waiting: ReadonlyMap<string, number>;
}

export interface ListenToken {
  readonly connectionString: string;
  readonly expiresAt: Date;
  /** For logs, instead of the signature. */
  readonly signatureSha256: string;
}
