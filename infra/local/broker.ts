import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ServiceBusServer, startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { randomKey } from "service-bus-emulator/keys";
import type { AuthorizationRule, NamespaceConfig } from "service-bus-emulator/types";
import type { Certificate } from "./certificate.ts";
import { DEMO } from "./demo.ts";
import type { TokenIssuer } from "./token-issuer.ts";
import type { ClientName } from "./token-issuer-clients.ts";

/*
 * Who may do what at the local broker. All keys are random, and new at each start.
 *
 *   root         a rule of the namespace that may do everything: for tests and for whoever looks inside
 *   app          a rule of each queue and topic, Send and Listen: what the app's identity has in Azure. There it receives
 *                from one subscription of the topic only; a key cannot be narrower than its topic. On the topic it also
 *                has Manage, because it makes the partners' subscriptions
 *   subscribers  a rule of each topic, Listen: the app signs the partners' tokens with it, each for one subscription
 *   partner-a    by its own identity: a receiver of the demo's subscription, as roles.bicep has it
 */

export interface LocalBroker {
  readonly server: ServiceBusServer;
  /** Connection string. */
  readonly app: string;
}

/** The resource that applications ask the issuer for, and the client id that Service Bus has in every tenant. */
export const SERVICE_BUS_API = {
  uri: "https://servicebus.azure.net",
  clientId: "80a10ef9-8168-493d-abf9-3297c4ef6e3c",
  tokenVersion: 1,
} as const;

export async function startBroker(
  ports: { readonly amqp: number; readonly management: number },
  tls: Certificate,
  issuer: TokenIssuer<ClientName>,
): Promise<LocalBroker> {
  const text = await readFile(join(import.meta.dirname, "service-bus.json"), "utf8");
  const [root, app, subscribers] = [
    ruleOf("RootManageSharedAccessKey", ["Manage", "Send", "Listen"]),
    ruleOf("app", ["Send", "Listen"]),
    ruleOf("subscribers", ["Listen"]),
  ] as const;
  const server = await startServiceBus({
    config: withRules(parseConfig(text), { root, app, subscribers }),
    port: ports.amqp,
    alsoListenOn: ports.management === 0 ? [] : [ports.management],
    tls,
    authorization: { issuer: rolesAt(issuer) },
  });
  return { server, app: server.connectionStringWith(app) };
}

function ruleOf(name: string, rights: AuthorizationRule["rights"]): AuthorizationRule {
  return { name, rights, primaryKey: randomKey(), secondaryKey: randomKey() };
}

function withRules(
  config: NamespaceConfig,
  rules: Readonly<Record<"root" | "app" | "subscribers", AuthorizationRule>>,
): NamespaceConfig {
  const { root, app, subscribers } = rules;
  return {
    ...config,
    authorizationRules: [root],
    queues: config.queues.map((queue) => ({ ...queue, authorizationRules: [app] })),
    topics: config.topics.map((topic) => ({
      ...topic,
      authorizationRules: [{ ...app, rights: ["Manage", "Send", "Listen"] }, subscribers],
    })),
  };
}

function rolesAt({ authority, tenantId, issuers, clients }: TokenIssuer<ClientName>) {
  return {
    issuers: Object.values(issuers),
    keys: new URL(`${authority}/${tenantId}/discovery/v2.0/keys`),
    roles: [
      {
        applicationId: clients["partner-a"].id,
        role: "Azure Service Bus Data Receiver",
        scope: `${DEMO.topic}/Subscriptions/${DEMO.subscription}`,
      } as const,
    ],
  };
}
