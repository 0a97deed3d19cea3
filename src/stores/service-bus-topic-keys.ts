import { createHash, createHmac, randomBytes } from "node:crypto";
import type { ServiceBusAdministrationClient, TopicProperties } from "@azure/service-bus";
import type { PartnerTopic } from "../domain/deliveries/topics/partner-topic.ts";
import { AppError } from "../domain/errors.ts";
import { percentEncoded } from "./percent-encoded.ts";
import type { TopicOptions } from "./service-bus-topic.ts";
import type { TopicChange } from "./topic-changes.ts";

/** A key is read again after this time, so that a rotation by others is noticed. */
const KEEP_KEY_MS = 5 * 60_000;

type AuthorizationRule = NonNullable<TopicProperties["authorizationRules"]>[number];

/**
 * Tokens for single subscriptions, signed by a rule of the topic that may only listen. The broker takes a token for
 * everything below its resource, so the resource is the subscription.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas
 */
export function topicKeys(
  admin: ServiceBusAdministrationClient,
  { topic, namespace, isLocal }: TopicOptions,
  change: TopicChange,
): Pick<PartnerTopic, "listenToken" | "rotateKeys"> {
  let known: { readonly rule: AuthorizationRule; readonly readAtMs: number } | null = null;
  const signingRule = async (): Promise<AuthorizationRule> => {
    if (known === null || Date.now() - known.readAtMs > KEEP_KEY_MS) {
      known = { rule: listenRuleOf(await admin.getTopic(topic)), readAtMs: Date.now() };
    }
    return known.rule;
  };
  return {
    listenToken: async (name, expiresAt) => {
      const { keyName, primaryKey = "" } = await signingRule();
      const endpoint = `sb://${namespace}`;
      const resource = encodeURIComponent(`${endpoint}/${topic}/Subscriptions/${name}`);
      const expiry = Math.floor(expiresAt.getTime() / 1_000);
      const signature = createHmac("sha256", primaryKey)
        .update(`${resource}\n${expiry}`)
        .digest("base64");
      const token = `SharedAccessSignature sr=${resource}&sig=${percentEncoded(signature)}&se=${expiry}&skn=${encodeURIComponent(keyName)}`;
      const local = isLocal ? ";UseDevelopmentEmulator=true" : "";
      return {
        connectionString: `Endpoint=${endpoint};SharedAccessSignature=${token};EntityPath=${topic}${local}`,
        expiresAt: new Date(expiry * 1_000),
        signatureSha256: createHash("sha256").update(signature).digest("hex"),
      };
    },

    rotateKeys: async () => {
      const properties = await admin.getTopic(topic);
      const rule = listenRuleOf(properties);
      const { primaryKey: before = "" } = rule;
      rule.secondaryKey = before;
      rule.primaryKey = randomBytes(32).toString("base64");
      // repeated as a whole it would rotate twice, so what is written is decided once
      await change("exists", () => admin.updateTopic(properties));
      known = null;
    },
  };
}

function listenRuleOf({ authorizationRules = [] }: TopicProperties): AuthorizationRule {
  const rule = authorizationRules.find(
    ({ accessRights = [] }) => accessRights.length === 1 && accessRights[0] === "Listen",
  );
  if (rule === undefined) {
    throw new AppError(
      "settings-invalid",
      "Cannot make a token: the topic has no rule that may only listen; deploy with allowServiceBusSas",
    );
  }
  return rule;
}
