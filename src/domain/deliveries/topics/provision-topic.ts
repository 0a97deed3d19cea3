import { AppError, UnavailableError } from "../../errors.ts";
import { everyTurn } from "../../every-turn.ts";
import { isOfPattern } from "../../ids.ts";
import type { Ports, StoredDefinition } from "../../ports.ts";
import { topicSubscriptionsOf } from "../audience.ts";
import { desiredRules, isSameRule, ownRule, topicSubscriptionName } from "./desired-rules.ts";
import type { NamedRule, TopicSubscription } from "./partner-topic.ts";
import type { TopicState, TopicStateDraft } from "./topic-state.ts";

export type ProvisionPorts = Pick<
  Ports,
  "definitions" | "subscriptions" | "ledger" | "topic" | "clock" | "log"
>;

/**
 * Makes the subscriptions of the topic as the definitions want them. It is owed from the moment a definition is saved
 * or deleted: by the request itself, and by each tick. Each step can be repeated. A failure with one subscription does
 * not stop the others.
 */
export async function provisionTopics(ports: ProvisionPorts): Promise<void> {
  if (ports.topic.access.length === 0) {
    return;
  }
  const states = await ports.subscriptions.topicStates();
  const byId = new Map(states.map((state) => [state.subscriptionId, state]));
  const wanted = await topicSubscriptionsOf(ports);
  const isDone = ({ id, version }: { id: string; version: number }): boolean => {
    const state = byId.get(id);
    return state !== undefined && state.version === version;
  };
  const due = wanted.filter((each) => !isDone(each) && byId.get(each.id)?.pausedBecause !== PAUSED);
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const unwanted = states.filter(({ subscriptionId }) => !wantedIds.has(subscriptionId));
  const ids = [...due.map(({ id }) => id), ...unwanted.map((state) => state.subscriptionId)];
  await everyTurn(ids, async (id) => {
    await provisionTopic(ports, id);
    return 1;
  });
}

const PAUSED = "silent-reader";

/**
 * Makes one subscription of the topic as its definition wants it.
 *
 * | definition | broker |
 * |---|---|
 * | names the topic | it exists, with exactly the rules that the definition wants |
 * | names another way | no new message comes; it is removed once its partner has read the rest |
 * | is deleted | it is removed |
 * | cannot be read | stays as it is |
 */
export async function provisionTopic(ports: ProvisionPorts, subscriptionId: string): Promise<void> {
  const state = await ports.subscriptions.topicState(subscriptionId);
  const definition = await ports.definitions.findAny("subscriptions", subscriptionId);
  if (definition === null) {
    await removeAll(ports, state === null ? null : await claimed(ports, state, {}));
  } else if ("unreadable" in definition) {
    return;
  } else if (definition.body.via.kind === "topic") {
    await standing(ports, definition, state);
  } else {
    await drain(ports, state);
  }
}

/** A deleted definition leaves nothing: whoever deletes it means that the partner gets no more. */
async function removeAll(ports: ProvisionPorts, state: TopicState | null): Promise<void> {
  if (state === null) {
    return;
  }
  await removeOwn(ports, state); // C34
  await ports.subscriptions.endTopicState(state); // C34
  ports.log("topic-subscription-removed", {
    subscriptionId: state.subscriptionId,
    name: state.name,
  });
}

async function removeOwn(ports: ProvisionPorts, { name, owner }: TopicState): Promise<void> {
  const found = await ports.topic.find(name);
  if (found?.owner === owner) {
    await ports.topic.remove(name);
  }
}

/** The way has changed: the partner may read what waits, and no more is added. */
async function drain(ports: ProvisionPorts, state: TopicState | null): Promise<void> {
  if (state === null) {
    return;
  }
  const paused = await claimed(ports, state, { version: null, pausedBecause: "draining" });
  const found = await ports.topic.find(state.name);
  if (found !== null && found.owner === state.owner) {
    for (const rule of found.rules.keys()) {
      await ports.topic.removeRule(state.name, rule);
    }
    const { waiting } = await ports.topic.usage();
    if ((waiting.get(state.name) ?? 0) > 0) {
      await noted(ports, paused, {});
      return;
    }
  }
  await removeAll(ports, paused);
}

async function standing(
  ports: ProvisionPorts,
  definition: StoredDefinition<"subscriptions">,
  before: TopicState | null,
): Promise<void> {
  const rules = desiredRules(definition.id, definition.body);
  const intended = await intendedState(ports, definition, before); // C34
  try {
    await makeSubscription(ports, intended); // C34
    await makeRules(ports, intended, rules); // C34
  } catch (error) {
    await noted(ports, intended, { version: null, problem: String(error) });
    throw error;
  }
  const liveFrom = await nextNumbers(ports, definition.body.fileTypes);
  await noted(ports, intended, {
    version: definition.version,
    access: definition.body.via.kind === "topic" ? definition.body.via.access : intended.access,
    liveFrom,
    pausedBecause: null,
    problem: null,
  }); // C34
  ports.log("topic-subscription-provisioned", {
    subscriptionId: definition.id,
    name: intended.name,
    version: definition.version,
    rules: rules.length,
  });
}

/** Notes the name before the broker hears of it. So nothing at the broker is ever without a note. */
async function intendedState(
  ports: ProvisionPorts,
  definition: StoredDefinition<"subscriptions">,
  before: TopicState | null,
): Promise<TopicState> {
  const owner = ownerOf(definition);
  if (before !== null && before.owner !== owner) {
    const mine = await claimed(ports, before, {});
    // it was deleted and created again: what waits belongs to the one before
    await removeAll(ports, mine);
  }
  if (before !== null && before.owner === owner) {
    return claimed(ports, before, {});
  }
  const { via } = definition.body;
  return ports.subscriptions.putTopicState({
    subscriptionId: definition.id,
    name: topicSubscriptionName(definition.id),
    owner,
    ordered: via.kind === "topic" && via.ordered,
    access: via.kind === "topic" ? via.access : "sas",
    version: null,
    liveFrom: {},
    pausedBecause: null,
    busyUntil: later(ports),
    problem: null,
  });
}

function ownerOf({ id, incarnation }: StoredDefinition<"subscriptions">): string {
  return `waybill:${id}:${incarnation}`;
}

async function makeSubscription(ports: ProvisionPorts, state: TopicState): Promise<void> {
  const found = await ports.topic.find(state.name);
  if (found === null) {
    // its first rule comes in the same request: a rule that lets everything through never stands
    await ports.topic.create(state.name, { ...state, rule: ownRule(state.subscriptionId) });
  }
  requireOwn(state, found ?? (await ports.topic.find(state.name)));
}

function requireOwn(state: TopicState, found: TopicSubscription | null): void {
  if (found === null || found.owner !== state.owner || found.ordered !== state.ordered) {
    throw new AppError(
      "topic-name-taken",
      `Cannot provision subscription "${state.subscriptionId}": the topic has a subscription "${state.name}" that Waybill did not make for it; remove that one, or choose another id`,
    );
  }
}

/** New rules stand before old ones go: two that match give one message, none that matches gives none. */
async function makeRules(
  ports: ProvisionPorts,
  { name }: TopicState,
  rules: readonly NamedRule[],
): Promise<void> {
  const standing = (await ports.topic.find(name))?.rules ?? new Map();
  for (const { name: ruleName, rule } of rules) {
    if (standing.has(ruleName) && !isSameRule(rule, standing.get(ruleName))) {
      await ports.topic.removeRule(name, ruleName);
    }
    if (!isSameRule(rule, standing.get(ruleName))) {
      await ports.topic.addRule(name, { name: ruleName, rule });
    }
  }
  const wanted = new Set(rules.map((rule) => rule.name));
  for (const ruleName of standing.keys()) {
    if (!wanted.has(ruleName)) {
      await ports.topic.removeRule(name, ruleName);
    }
  }
}

/** The numbers that follow, read after the rules stand: every later file is announced to them. */
async function nextNumbers(
  { ledger }: Pick<Ports, "ledger">,
  patterns: readonly string[],
): Promise<Record<string, number>> {
  const next: Record<string, number> = {};
  for (const fileType of await ledger.fileTypes()) {
    if (patterns.some((pattern) => isOfPattern(fileType, pattern))) {
      next[fileType] = (await ledger.lastNumber(fileType)) + 1;
    }
  }
  return next;
}

/** Longer than a worker needs that lives. */
const CLAIM_MS = 120_000;

function later({ clock }: Pick<Ports, "clock">): Date {
  return new Date(clock.now().getTime() + CLAIM_MS);
}

/**
 * Keeps other workers away: one of them may know an older definition, and would remove the rules of this one.
 *
 * @throws UnavailableError while another worker has it
 */
async function claimed(
  ports: ProvisionPorts,
  state: TopicState,
  changes: Partial<TopicStateDraft>,
): Promise<TopicState> {
  if (state.busyUntil !== null && state.busyUntil > ports.clock.now()) {
    throw new UnavailableError(
      `Cannot provision subscription "${state.subscriptionId}": another worker does it now`,
    );
  }
  return ports.subscriptions.replaceTopicState(state, { ...changes, busyUntil: later(ports) });
}

/** Notes the result, and lets others come. */
async function noted(
  ports: ProvisionPorts,
  state: TopicState,
  changes: Partial<TopicStateDraft>,
): Promise<TopicState> {
  return ports.subscriptions.replaceTopicState(state, { ...changes, busyUntil: null });
}

/** Does it within a request. A failure is left to the tick, and shown with the definition. */
export async function tryToProvision(ports: ProvisionPorts, subscriptionId: string): Promise<void> {
  if (ports.topic.access.length === 0) {
    return;
  }
  try {
    await provisionTopic(ports, subscriptionId);
  } catch (error) {
    ports.log("topic-subscription-failed", {
      subscriptionId,
      failure: String(error),
    });
  }
}
