import { everyTurn } from "../../every-turn.ts";
import type { Ports } from "../../ports.ts";
import { isOlderThan } from "../../values/age.ts";
import { desiredRules, isSameRule } from "./desired-rules.ts";
import type { TopicUsage } from "./partner-topic.ts";
import { type ProvisionPorts, provisionTopics } from "./provision-topic.ts";
import type { TopicState } from "./topic-state.ts";

const EVERY_MS = 5 * 60_000;
/** A full topic refuses every announcement, so its room is watched long before. */
const ALARM_FULLNESS = 0.5;

type WatchPorts = ProvisionPorts & Pick<Ports, "ticks">;

/**
 * Provisions what is due, and every five minutes also looks at the topic itself.
 *
 * - Drift: a subscription or a rule that somebody changed is made anew.
 * - A silent reader: once the topic is half full, the subscription with the most waiting messages gets no more. Its
 *   files wait in the ledger, and come in order when it has read the rest.
 */
export async function tendTopic(ports: WatchPorts): Promise<void> {
  if (ports.topic.access.length === 0) {
    return;
  }
  const last = await ports.ticks.last("topic");
  if (last === null || isOlderThan(last, ports.clock.now(), EVERY_MS)) {
    await ports.ticks.note("topic", ports.clock.now());
    await watchTopic(ports);
  }
  await provisionTopics(ports);
}

/** @internal Called by tests without waiting five minutes. */
export async function watchTopic(ports: WatchPorts): Promise<void> {
  const states = await ports.subscriptions.topicStates();
  const usage = await ports.topic.usage();
  await everyTurn(states, async (state) => {
    await (state.pausedBecause === "silent-reader"
      ? resumeReader(ports, state, usage)
      : mendDrift(ports, state));
    return 1;
  });
  if (usage.fullness >= ALARM_FULLNESS) {
    await pauseLargest(ports, states, usage);
  }
}

/** Only forgets that it stands; the provisioning that follows makes it. */
async function mendDrift(ports: WatchPorts, state: TopicState): Promise<void> {
  const { subscriptionId, version } = state;
  const definition = await ports.definitions.findAny("subscriptions", subscriptionId);
  if (definition === null || "unreadable" in definition || definition.version !== version) {
    return;
  }
  const found = await ports.topic.find(state.name);
  const wanted = desiredRules(subscriptionId, definition.body);
  const stands =
    found !== null &&
    found.owner === state.owner &&
    found.rules.size === wanted.length &&
    wanted.every(({ name, rule }) => isSameRule(rule, found.rules.get(name)));
  if (!stands) {
    await ports.subscriptions.replaceTopicState(state, { version: null });
    ports.log("topic-drift", { subscriptionId, name: state.name, exists: found !== null });
  }
}

/** First the note, then the rules: what is published in between comes twice rather than never. */
async function pauseLargest(
  ports: WatchPorts,
  states: readonly TopicState[],
  { waiting, fullness }: TopicUsage,
): Promise<void> {
  const feeding = states.filter(({ pausedBecause }) => pausedBecause === null);
  const size = ({ name }: TopicState): number => waiting.get(name) ?? 0;
  const [largest] = [...feeding].sort((a, b) => size(b) - size(a));
  if (largest === undefined || size(largest) === 0) {
    return;
  }
  const { subscriptionId, name } = largest;
  await ports.subscriptions.replaceTopicState(largest, {
    version: null,
    pausedBecause: "silent-reader",
  });
  for (const rule of (await ports.topic.find(name))?.rules.keys() ?? []) {
    if (rule !== "own") {
      await ports.topic.removeRule(name, rule);
    }
  }
  ports.log("topic-reader-silent", {
    subscriptionId,
    name,
    waiting: size(largest),
    fullPercent: Math.round(fullness * 100),
  });
}

async function resumeReader(
  ports: WatchPorts,
  state: TopicState,
  { waiting }: TopicUsage,
): Promise<void> {
  if ((waiting.get(state.name) ?? 0) > 0) {
    return;
  }
  await ports.subscriptions.replaceTopicState(state, { pausedBecause: null });
  ports.log("topic-reader-returned", { subscriptionId: state.subscriptionId, name: state.name });
}
