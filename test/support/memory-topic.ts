import { compileFilter } from "service-bus-emulator/filter";
import type { AmqpValue, FilterableMessage, RuleFilter } from "service-bus-emulator/types";
import type {
  PartnerTopic,
  TopicSubscription,
} from "../../src/domain/deliveries/topics/partner-topic.ts";
import type { TopicRule } from "../../src/domain/filters/topic-rules.ts";
import type { FileAvailableMessage } from "../../src/domain/ledger/file-available.ts";

interface Held extends TopicSubscription {
  readonly rules: Map<string, TopicRule | null>;
  readonly messages: FileAvailableMessage[];
}

export interface MemoryTopic extends PartnerTopic {
  readonly held: Map<string, Held>;
  /** Share of its room that is taken, as the test says. */
  fullness: number;
  /** As a sender does: each subscription with a rule that matches gets one copy. */
  publish(message: FileAvailableMessage): void;
}

/** A topic in memory, with the rules of our broker. `onChange` comes before each change. */
export function memoryTopic(onChange: () => Promise<void> = async () => undefined): MemoryTopic {
  const held = new Map<string, Held>();
  const seen = new Set<string>();
  const change = async (name: string, effect: (subscription: Held) => void): Promise<void> => {
    await onChange();
    const subscription = held.get(name);
    if (subscription !== undefined) {
      effect(subscription);
    }
  };
  const topic: MemoryTopic = {
    held,
    fullness: 0,
    access: ["sas", "entra"],
    namespace: "bus.example",
    name: "file-available",
    find: async (name) => held.get(name) ?? null,
    create: async (name, { owner, ordered, rule }) => {
      await onChange();
      if (!held.has(name)) {
        held.set(name, { owner, ordered, rules: new Map([[rule.name, rule.rule]]), messages: [] });
      }
    },
    addRule: (name, { name: ruleName, rule }) =>
      change(name, ({ rules }) => {
        if (!rules.has(ruleName)) {
          rules.set(ruleName, rule);
        }
      }),
    removeRule: (name, ruleName) => change(name, ({ rules }) => void rules.delete(ruleName)),
    remove: async (name) => {
      await onChange();
      held.delete(name);
    },
    usage: async () => ({
      fullness: topic.fullness,
      waiting: new Map([...held].map(([name, { messages }]) => [name, messages.length])),
    }),
    listenToken: () => Promise.reject(new Error("no tokens here")),
    rotateKeys: async () => undefined,
    publish: (message) => {
      if (seen.has(message.messageId)) {
        return;
      }
      seen.add(message.messageId);
      for (const { rules, messages } of held.values()) {
        if (takes([...rules.values()], message)) {
          messages.push(message);
        }
      }
    },
  };
  return topic;
}

/** Whether one of the rules takes the message, by our broker's own engine. */
export function takes(
  rules: readonly (TopicRule | null)[],
  message: Pick<FileAvailableMessage, "applicationProperties" | "correlationId" | "messageId">,
): boolean {
  return rules.some((rule) => rule !== null && compileFilter(ruleFilter(rule))(seenBy(message)));
}

/** The message as the broker sees it: the SDK sends whole numbers as longs. */
function seenBy(
  message: Pick<FileAvailableMessage, "applicationProperties" | "correlationId" | "messageId">,
): FilterableMessage {
  const { correlationId, messageId } = message;
  const properties = Object.entries(message.applicationProperties).map(
    ([name, value]): [string, AmqpValue] => [
      name,
      typeof value === "number" ? { type: "long", value: BigInt(value) } : textOf(value),
    ],
  );
  return {
    system: { correlationId, messageId },
    applicationProperties: new Map(properties),
  } as unknown as FilterableMessage;
}

const textOf = (value: string): AmqpValue => ({ type: "string", value });

/** The rule as the admin client stores it: every number is a double. */
function ruleFilter(rule: TopicRule): RuleFilter {
  const values = (members: Readonly<Record<string, string | number>>) =>
    new Map(
      Object.entries(members).map(([name, value]): [string, AmqpValue] => [
        name,
        typeof value === "number" ? { type: "double", value } : textOf(value),
      ]),
    );
  return (rule.kind === "correlation"
    ? { kind: "correlation", system: {}, applicationProperties: values(rule.properties) }
    : {
        kind: "sql",
        expression: rule.expression,
        parameters: values(rule.parameters),
      }) as unknown as RuleFilter;
}
