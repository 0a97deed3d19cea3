import { createHash } from "node:crypto";
import type { SubscriptionDefinition } from "../../definitions/definitions.ts";
import { parseFilter } from "../../filters/parse-filter.ts";
import { type TopicRule, topicRules } from "../../filters/topic-rules.ts";
import type { NamedRule } from "./partner-topic.ts";

/** Longest name of a subscription or a rule at the broker. */
const MAX_NAME = 50;

/** Rules of a subscription of the topic: messages for it alone, and the live events that it wants. */
export function desiredRules(
  subscriptionId: string,
  body: Pick<SubscriptionDefinition, "enabled" | "fileTypes" | "filter">,
): NamedRule[] {
  const { enabled, fileTypes, filter } = body;
  const live = enabled
    ? topicRules(fileTypes, filter === undefined ? null : parseFilter(filter))
    : [];
  return [ownRule(subscriptionId), ...live.map((rule) => ({ name: nameOf(rule), rule }))];
}

/** Takes replays and files that the topic did not bring: their audience is this subscription alone. */
export function ownRule(subscriptionId: string): NamedRule {
  return {
    name: "own",
    rule: { kind: "correlation", properties: { audience: subscriptionId } },
  };
}

/** Made from the content, so that a changed rule has another name, and both can stand for a moment. */
function nameOf(rule: TopicRule): string {
  return `live-${shortHash(JSON.stringify(rule), 24)}`;
}

/** Name of a new subscription of the topic. Ids that are too long end with a hash of the whole id. */
export function topicSubscriptionName(subscriptionId: string): string {
  return subscriptionId.length <= MAX_NAME
    ? subscriptionId
    : `${subscriptionId.slice(0, MAX_NAME - 17)}-${shortHash(subscriptionId, 16)}`;
}

function shortHash(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/** Whether two rules take the same messages; the order of members does not matter. */
export function isSameRule(a: TopicRule, b: TopicRule | null | undefined): boolean {
  return b !== null && b !== undefined && canonical(a) === canonical(b);
}

function canonical(rule: TopicRule): string {
  return JSON.stringify(
    rule.kind === "correlation"
      ? [rule.kind, sorted(rule.properties)]
      : [rule.kind, rule.expression, sorted(rule.parameters)],
  );
}

function sorted(members: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
}
