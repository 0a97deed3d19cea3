import { BrokerError } from "../broker/errors.ts";
import type { Namespace } from "../broker/namespace.ts";
import type { Entity, EntityRuntime } from "../broker/types.ts";
import { FOREVER_MS } from "../config/duration.ts";
import { type DurationRange, GENEROUS_LIMITS, limitMs } from "../config/limits.ts";
import type { AdminAccess, ForwardSetting } from "./atom-access.ts";
import {
  durationSetting,
  flagSetting,
  integerSetting,
  metadataSetting,
  type PassiveName,
  passiveSettings,
  statusSetting,
  textSetting,
} from "./atom-settings.ts";
import { element, type XmlElement } from "./atom-xml.ts";

/** How one kind of entity is written in XML. */
export interface Form<Config> {
  /** The name of the describing element. */
  readonly element: string;
  /** @throws BrokerError `invalid-argument` */
  readonly read: (description: XmlElement, name: string) => Config;
  /** The children of the describing element, in the vendor's order. */
  readonly write: (entity: Entity<Config>) => readonly XmlElement[];
}

/** The surroundings of descriptions: the other entities, and the host name that the caller uses. */
export interface Site {
  readonly namespace: Namespace;
  readonly host: string;
  /** Rights of the caller. */
  readonly access: AdminAccess;
  /** The version of the API that the caller asks for, such as `2021-05`. */
  readonly apiVersion: string;
}

const { lock, duplicateWindow, timeToLive, maxDeliveryCount } = GENEROUS_LIMITS;

/** The cloud's defaults, which differ from the emulator's. */
const TIME_TO_LIVE: DurationRange = { ...timeToLive, fallbackMs: FOREVER_MS };
const DUPLICATE_WINDOW: DurationRange = {
  ...duplicateWindow,
  minMs: 20_000,
  fallbackMs: 10 * 60_000,
};
const DELIVERY_COUNT = { min: 1, max: maxDeliveryCount, fallback: 10 };

export const setting = (name: string, value: string | number | boolean) =>
  element(name, String(value));

/** The names of the forward targets, which the SDK sends as URLs. @throws BrokerError `invalid-argument`, `unauthorized` */
function readForward(
  description: XmlElement,
  name: ForwardSetting,
  { namespace, access }: Site,
): string | null {
  const text = textSetting(description, name) ?? "";
  const target = text.replace(/^(?:sb|https?):\/\/[^/]*\//i, "").replace(/\/$/, "");
  if (target === "") {
    return null;
  }
  access.checkForward(name, target);
  if (namespace.queues.get(target) === null && namespace.topics.get(target) === null) {
    throw new BrokerError(
      "invalid-argument",
      `The value of ${name} must be the name of a queue or topic, and "${target}" is none.`,
    );
  }
  return target;
}

export function forwardElements(name: string, target: string | null, { host }: Site): XmlElement[] {
  return target === null ? [] : [element(name, `sb://${host}/${target}`)];
}

export function readCommon(description: XmlElement, passive: readonly PassiveName[]) {
  return {
    status: statusSetting(description),
    userMetadata: metadataSetting(description),
    defaultTimeToLiveMs: limitMs(
      durationSetting(description, "DefaultMessageTimeToLive", TIME_TO_LIVE),
    ),
    passive: passiveSettings(description, passive),
  };
}

export function readReceivable(description: XmlElement, site: Site) {
  const requiresSession = flagSetting(description, "RequiresSession", false);
  const forwardTo = readForward(description, "ForwardTo", site);
  if (requiresSession && forwardTo !== null) {
    throw new BrokerError(
      "invalid-argument",
      "The value of ForwardTo cannot be set together with RequiresSession.",
    );
  }
  return {
    lockDurationMs: durationSetting(description, "LockDuration", lock),
    maxDeliveryCount: integerSetting(description, "MaxDeliveryCount", DELIVERY_COUNT),
    requiresSession,
    deadLetterOnExpiration: flagSetting(description, "DeadLetteringOnMessageExpiration", false),
    forwardTo,
    forwardDeadLetteredTo: readForward(description, "ForwardDeadLetteredMessagesTo", site),
  };
}

export function readDeduplicating(description: XmlElement) {
  return {
    requiresDuplicateDetection: flagSetting(description, "RequiresDuplicateDetection", false),
    duplicateDetectionWindowMs: durationSetting(
      description,
      "DuplicateDetectionHistoryTimeWindow",
      DUPLICATE_WINDOW,
    ),
  };
}

const COUNTS_NAMESPACE = "http://schemas.microsoft.com/netservices/2011/06/servicebus";

/** The SDK expects exactly one prefix, declared on this element and used by its children. */
export function countDetails({ counts }: EntityRuntime): XmlElement {
  return {
    name: "CountDetails",
    attributes: { "xmlns:d2p1": COUNTS_NAMESPACE },
    content: [
      setting("d2p1:ActiveMessageCount", counts.active),
      setting("d2p1:DeadLetterMessageCount", counts.deadLetter),
      setting("d2p1:ScheduledMessageCount", counts.scheduled),
      setting("d2p1:TransferMessageCount", counts.transfer),
      setting("d2p1:TransferDeadLetterMessageCount", counts.transferDeadLetter),
    ],
  };
}

export function messageCount({ counts }: EntityRuntime): XmlElement {
  const total = Object.values(counts).reduce((sum: number, count: number) => sum + count, 0);
  return setting("MessageCount", total);
}

export function times({ createdAt, updatedAt, accessedAt }: EntityRuntime): XmlElement[] {
  return [
    element("CreatedAt", createdAt.toISOString()),
    element("UpdatedAt", updatedAt.toISOString()),
    element("AccessedAt", accessedAt.toISOString()),
  ];
}

export const metadata = (text: string): XmlElement[] =>
  text === "" ? [] : [element("UserMetadata", text)];
