import type { Starts } from "../definitions/definition-store.ts";
import type { SubscriptionDefinition } from "../definitions/definitions.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import { isStarted } from "./decide-start.ts";
import { matcherOf } from "./subscription.ts";
import type { Receiver } from "./ways/way.ts";
import type { Via } from "./ways/ways.ts";

export type AudiencePorts = Pick<Ports, "definitions" | "subscriptions">;

/** A subscription as fan-out sees it. */
export interface Subscription extends Receiver<Via> {
  readonly body: SubscriptionDefinition;
  wants(file: LedgerEntry): boolean;
}

export interface Listeners {
  /** Those that name the file type, or how it begins, in the order of their ids. */
  readonly subscriptions: readonly Subscription[];
  /** Those that cannot be read now. Their wishes are unknown, so every file is owed to them. */
  readonly unreadable: readonly string[];
}

export function subscriptionOf(
  { id, incarnation, version, body }: StoredDefinition<"subscriptions">,
  starts: Starts,
): Subscription {
  // made when it is needed: most subscriptions do not want most files
  let matches: ReturnType<typeof matcherOf> | null = null;
  return {
    id,
    incarnation,
    version,
    via: body.via,
    body,
    wants: (file) => {
      matches ??= matcherOf(body);
      return isStarted(starts, file.fileType, file.sequence) && matches(file);
    },
  };
}

interface Index {
  readonly byPattern: ReadonlyMap<string, readonly Subscription[]>;
  /** Those that name the topic. */
  readonly ofTopic: readonly Subscription[];
  readonly unreadable: readonly string[];
}

/**
 * The newest index for each store. It is never used by its age: each fan-out compares the stamp of the subscriptions,
 * one row, and reads them all again only if one was saved or deleted.
 */
const INDEXES = new WeakMap<
  Ports["definitions"],
  { readonly stamp: string; readonly index: Promise<Index> }
>();

/** Subscriptions that may want files of a type. */
export async function listenersOf(ports: AudiencePorts, fileType: string): Promise<Listeners> {
  const { byPattern, unreadable } = await currentIndex(ports);
  const subscriptions = new Map<string, Subscription>();
  for (const pattern of patternsOf(fileType)) {
    for (const subscription of byPattern.get(pattern) ?? []) {
      subscriptions.set(subscription.id, subscription);
    }
  }
  const inOrder = [...subscriptions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { subscriptions: inOrder, unreadable };
}

/** All subscriptions that name the topic as their way, and can be read. */
export async function topicSubscriptionsOf(ports: AudiencePorts): Promise<readonly Subscription[]> {
  return (await currentIndex(ports)).ofTopic;
}

/** The stamp is older than what is read, so that a change in between makes the next fan-out read again. */
async function currentIndex(ports: AudiencePorts): Promise<Index> {
  const stamp = await ports.subscriptions.stamp();
  const known = INDEXES.get(ports.definitions);
  if (known?.stamp === stamp) {
    return known.index;
  }
  const index = readIndex(ports);
  INDEXES.set(ports.definitions, { stamp, index });
  try {
    return await index;
  } catch (error) {
    INDEXES.delete(ports.definitions);
    throw error;
  }
}

async function readIndex(ports: AudiencePorts): Promise<Index> {
  const unreadable: string[] = [];
  const definitions: StoredDefinition<"subscriptions">[] = [];
  for await (const definition of eachDefinition(ports, "subscriptions", ({ id }) =>
    unreadable.push(id),
  )) {
    definitions.push(definition);
  }
  // afterwards: a definition that is visible has its starts
  const starts = await ports.subscriptions.allStarts();
  const subscriptions = definitions.map((definition) =>
    subscriptionOf(definition, starts.get(definition.id) ?? {}),
  );
  const byPattern = new Map<string, Subscription[]>();
  for (const subscription of subscriptions) {
    for (const pattern of new Set(subscription.body.fileTypes)) {
      const others = byPattern.get(pattern);
      if (others === undefined) {
        byPattern.set(pattern, [subscription]);
      } else {
        others.push(subscription);
      }
    }
  }
  const ofTopic = subscriptions.filter(({ body }) => body.via.kind === "topic");
  return { byPattern, ofTopic, unreadable };
}

/** `A.B.C` is also of the patterns `A.*` and `A.B.*`. */
function patternsOf(fileType: string): string[] {
  const names = fileType.split(".");
  const families = names.slice(0, -1).map((_, index) => `${names.slice(0, index + 1).join(".")}.*`);
  return [...families, fileType];
}
