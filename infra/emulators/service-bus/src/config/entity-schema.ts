import { z } from "zod";
import { EMULATOR_RULE } from "../authorization/rule.ts";
import type {
  NamespaceConfig,
  QueueConfig,
  SubscriptionConfig,
  TopicConfig,
} from "../broker/types.ts";
import { authorizationRulesSchema } from "./authorization-schema.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { type DurationRange, type Limits, limitMs } from "./limits.ts";
import { childName, entityName } from "./name.ts";
import { ruleSchema } from "./rule-schema.ts";

function duration({ minMs, maxMs, fallbackMs }: DurationRange, official: boolean) {
  return z
    .string()
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === null || (official && text.includes("."))) {
        context.addIssue(`must be an ISO 8601 duration such as "PT30S", not "${text}"`);
        return z.NEVER;
      }
      if (ms < minMs || (maxMs !== null && ms > maxMs)) {
        const [least, most] = [formatDuration(minMs), formatDuration(maxMs)];
        context.addIssue(`must be from ${least} to ${most}, not "${text}"`);
      }
      return ms;
    })
    .default(fallbackMs);
}

const flag = z.boolean().default(false);

const forward = z
  .string()
  .default("")
  .transform((to) => to || null);

/** Settings that only the admin endpoint can change. */
const FIXED = { status: "Active", userMetadata: "", passive: {} } as const;

function receivableProperties(limits: Limits) {
  return {
    DeadLetteringOnMessageExpiration: flag,
    DefaultMessageTimeToLive: duration(limits.timeToLive, limits.official),
    ForwardDeadLetteredMessagesTo: forward,
    ForwardTo: forward,
    LockDuration: duration(limits.lock, limits.official),
    MaxDeliveryCount: z
      .int()
      .min(1, "must be at least 1")
      .max(limits.maxDeliveryCount, `must be at most ${limits.maxDeliveryCount}`)
      .default(3),
    RequiresSession: flag,
  };
}

function receivable(properties: z.output<z.ZodObject<ReturnType<typeof receivableProperties>>>) {
  return {
    defaultTimeToLiveMs: limitMs(properties.DefaultMessageTimeToLive),
    lockDurationMs: properties.LockDuration,
    maxDeliveryCount: properties.MaxDeliveryCount,
    requiresSession: properties.RequiresSession,
    deadLetterOnExpiration: properties.DeadLetteringOnMessageExpiration,
    forwardTo: properties.ForwardTo,
    forwardDeadLetteredTo: properties.ForwardDeadLetteredMessagesTo,
  };
}

function deduplicatingProperties(limits: Limits) {
  return {
    DefaultMessageTimeToLive: duration(limits.timeToLive, limits.official),
    DuplicateDetectionHistoryTimeWindow: duration(limits.duplicateWindow, limits.official),
    RequiresDuplicateDetection: flag,
  };
}

function deduplicating(
  properties: z.output<z.ZodObject<ReturnType<typeof deduplicatingProperties>>>,
) {
  return {
    defaultTimeToLiveMs: limitMs(properties.DefaultMessageTimeToLive),
    requiresDuplicateDetection: properties.RequiresDuplicateDetection,
    duplicateDetectionWindowMs: properties.DuplicateDetectionHistoryTimeWindow,
  };
}

function queueSchema(limits: Limits) {
  const properties = z.strictObject({
    ...receivableProperties(limits),
    ...deduplicatingProperties(limits),
  });
  const queue = z.strictObject({
    Name: entityName,
    Properties: properties.prefault({}),
    AuthorizationRules: authorizationRulesSchema(limits).default([]),
  });
  return queue.transform(
    ({ Name, Properties, AuthorizationRules }): QueueConfig => ({
      ...FIXED,
      name: Name,
      authorizationRules: AuthorizationRules,
      ...receivable(Properties),
      ...deduplicating(Properties),
    }),
  );
}

function subscriptionSchema(limits: Limits) {
  const properties = z.strictObject(receivableProperties(limits));
  return z
    .strictObject({
      Name: childName,
      Properties: properties.prefault({}),
      Rules: z.array(ruleSchema).default([]),
    })
    .transform(
      ({ Name, Properties, Rules }): SubscriptionConfig => ({
        ...FIXED,
        name: Name,
        ...receivable(Properties),
        deadLetterOnFilterError: true,
        rules: Rules,
      }),
    );
}

function topicSchema(limits: Limits) {
  const properties = z.strictObject(deduplicatingProperties(limits));
  const subscriptions = z.array(subscriptionSchema(limits));
  return z
    .strictObject({
      Name: entityName,
      Properties: properties.prefault({}),
      Subscriptions: limits.official
        ? subscriptions.min(1, "must hold a subscription")
        : subscriptions.default([]),
      AuthorizationRules: authorizationRulesSchema(limits).default([]),
    })
    .transform(
      ({ Name, Properties, Subscriptions, AuthorizationRules }): TopicConfig => ({
        ...FIXED,
        name: Name,
        authorizationRules: AuthorizationRules,
        ...deduplicating(Properties),
        subscriptions: Subscriptions,
      }),
    );
}

/** The whole file; `entity-references.ts` checks what spans several entities. */
export function configSchema(limits: Limits) {
  const namespace = z
    .strictObject({
      Name: limits.official ? z.literal("sbemulatorns") : entityName,
      Queues: z.array(queueSchema(limits)).default([]),
      Topics: z.array(topicSchema(limits)).default([]),
      AuthorizationRules: authorizationRulesSchema(limits).default([EMULATOR_RULE]),
    })
    .transform(
      ({ Name, Queues, Topics, AuthorizationRules }): NamespaceConfig => ({
        name: Name,
        authorizationRules: AuthorizationRules,
        queues: Queues,
        topics: Topics,
      }),
    );
  const logging = z.strictObject({
    Type: z.enum(["File", "Console", "File,Console", "Console,File"]),
  });
  return z
    .strictObject({
      $schema: z.string().optional(),
      UserConfig: z.strictObject({
        Namespaces: z.tuple([namespace], "must hold exactly one namespace"),
        Logging: limits.official ? logging : logging.optional(),
      }),
    })
    .transform(({ UserConfig }) => UserConfig.Namespaces[0]);
}
