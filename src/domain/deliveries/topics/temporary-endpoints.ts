import type { SubscriptionDefinition } from "../../definitions/definitions.ts";
import { eachDefinition } from "../../definitions/each-definition.ts";
import { containerOf, isFamily, isOfPattern } from "../../ids.ts";
import type { Ports, ReadToken, StoredDefinition } from "../../ports.ts";
import type { TopicAccess } from "./partner-topic.ts";
import type { TopicState } from "./topic-state.ts";

export interface TemporaryEndpoints {
  readonly subscriptions: readonly Endpoint[];
  readonly expiresAt: Date;
  /** From then on it is time to ask again. */
  readonly refreshAfter: Date;
}

interface Endpoint {
  readonly id: string;
  /** Null while it is being made: ask again soon. */
  readonly serviceBus: ServiceBusEndpoint | null;
  readonly containers: readonly (ReadToken & { readonly fileType: string })[];
}

interface ServiceBusEndpoint {
  readonly namespace: string;
  readonly topic: string;
  readonly subscription: string;
  readonly access: TopicAccess;
  readonly ordered: boolean;
  /** Missing for partners that use their own identity. */
  readonly connectionString?: string;
  readonly expiresAt?: Date;
}

type EndpointPorts = Pick<
  Ports,
  "definitions" | "subscriptions" | "topic" | "files" | "ledger" | "clock" | "log"
>;

/** Until a subscription stands, its partner asks this often. */
const ASK_AGAIN_MS = 15_000;
/** A client asks again when this part of the life is over. */
const REFRESH_AT = 0.75;

/**
 * Short-lived access to all subscriptions of the topic that an application owns, and to the containers of their file
 * types. Each token opens one subscription, or one container, for reading.
 *
 * A subscription that has changed to another way is listed until its partner has read the rest.
 *
 * @param lifeMs how long it lasts, at most
 */
export async function temporaryEndpoints(
  ports: EndpointPorts,
  { applicationId, lifeMs }: { applicationId: string; lifeMs: number },
): Promise<TemporaryEndpoints> {
  const now = ports.clock.now();
  const wanted = new Date(now.getTime() + lifeMs);
  const known = await ports.ledger.fileTypes();
  const subscriptions: Endpoint[] = [];
  for await (const definition of eachDefinition(ports, "subscriptions")) {
    const { applications = [], enabled } = definition.body;
    if (!enabled || !applications.includes(applicationId)) {
      continue;
    }
    const state = await ports.subscriptions.topicState(definition.id);
    if (state !== null || definition.body.via.kind === "topic") {
      subscriptions.push(await endpointOf(ports, { definition, state, known, wanted }));
    }
  }
  for (const { id, serviceBus, containers } of subscriptions) {
    ports.log("temporary-endpoint-issued", {
      applicationId,
      subscriptionId: id,
      access: serviceBus?.access ?? null,
      signatures: containers.map(({ signatureSha256 }) => signatureSha256).join(", "),
    });
  }
  const expiresAt = earliest(subscriptions, wanted);
  const isWaiting = subscriptions.some(({ serviceBus }) => serviceBus === null);
  const life = expiresAt.getTime() - now.getTime();
  const refreshMs = Math.min(life * REFRESH_AT, isWaiting ? ASK_AGAIN_MS : life);
  return { subscriptions, expiresAt, refreshAfter: new Date(now.getTime() + refreshMs) };
}

function earliest(subscriptions: readonly Endpoint[], latest: Date): Date {
  const times = subscriptions.flatMap(({ serviceBus, containers }) => [
    serviceBus?.expiresAt ?? latest,
    ...containers.map(({ expiresAt }) => expiresAt),
  ]);
  return new Date(Math.min(latest.getTime(), ...times.map((time) => time.getTime())));
}

async function endpointOf(
  ports: EndpointPorts,
  facts: {
    definition: StoredDefinition<"subscriptions">;
    state: TopicState | null;
    known: readonly string[];
    wanted: Date;
  },
): Promise<Endpoint> {
  const { definition, state, known, wanted } = facts;
  const containers: (ReadToken & { fileType: string })[] = [];
  for (const fileType of fileTypesOf(definition.body, known)) {
    const token = await ports.files.readToken(containerOf(fileType), wanted);
    containers.push({ fileType, ...token });
  }
  return {
    id: definition.id,
    serviceBus: await busOf(ports, definition.body, { state, wanted }),
    containers,
  };
}

/** Those that are named, and of families those that exist. */
function fileTypesOf(
  { fileTypes }: Pick<SubscriptionDefinition, "fileTypes">,
  known: readonly string[],
): string[] {
  const named = fileTypes.filter((pattern) => !isFamily(pattern));
  const found = known.filter((fileType) =>
    fileTypes.some((pattern) => isOfPattern(fileType, pattern)),
  );
  return [...new Set([...named, ...found])];
}

async function busOf(
  { topic, log }: Pick<Ports, "topic" | "log">,
  { via }: Pick<SubscriptionDefinition, "via">,
  { state, wanted }: { state: TopicState | null; wanted: Date },
): Promise<ServiceBusEndpoint | null> {
  if (state === null || (state.version === null && state.pausedBecause === null)) {
    return null;
  }
  const access = via.kind === "topic" ? via.access : state.access;
  const { name: subscription, ordered } = state;
  const place = { namespace: topic.namespace, topic: topic.name, subscription, access, ordered };
  if (access === "entra") {
    return place;
  }
  const { connectionString, expiresAt, signatureSha256 } = await topic.listenToken(
    subscription,
    wanted,
  );
  log("topic-token-issued", { subscriptionId: state.subscriptionId, signatureSha256 });
  return { ...place, connectionString, expiresAt };
}
