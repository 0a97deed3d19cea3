import type { LookupFunction } from "node:net";
import { bringDeliveries } from "../../../src/domain/deliveries/bring-deliveries.ts";
import type {
  DeliveryAttempt,
  TrackedDelivery,
} from "../../../src/domain/deliveries/deliveries.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { hintDue } from "../../../src/domain/deliveries/hint-due.ts";
import { ownQueueOf } from "../../../src/domain/deliveries/queue-id.ts";
import { fileAvailableEvent } from "../../../src/domain/ledger/file-available.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import type { Connection } from "../../../src/domain/source.ts";
import { webhooks } from "../../../src/systems/webhook/open-webhook.ts";
import { anEntryDraft } from "../stored-things.ts";
import { type WebhookSetting, webhookSetting } from "../webhook-connection.ts";
import { define, EVERYTHING, makeWorld, type World, type WorldOptions } from "./world.ts";

const LIMITS = { mayTryFailing: () => true, signal: new AbortController().signal };
const INCARNATION = "first life";

export interface WebhookWorld extends World {
  /** Sets what the app's settings hold for a receiver. */
  set(name: string, setting: WebhookSetting): void;
  /** Defines a subscription that calls the receiver of its name. */
  subscribe(name: string, via?: object): Promise<void>;
  /** Publishes a file, and fans it out. */
  publish(): Promise<LedgerEntry>;
  /** Does what hints ask for, in the order of their times, and moves the clock to each, until this time. */
  runUntil(at: Date, each?: () => Promise<void>): Promise<void>;
  /** Sends hints for what is overdue, as a tick does. */
  tick(): Promise<number>;
  /** Brings a receiver's files that are due, as one invocation does. */
  bring(name: string): Promise<number>;
  /** A receiver's deliveries with their attempts, both from the first to the last. */
  deliveries(name: string): Promise<(TrackedDelivery & { attempts: DeliveryAttempt[] })[]>;
}

/** Webhooks that call real receivers on this machine, while the clock stands still but for what the test does. */
export async function webhookWorld(
  options: WorldOptions & { deadlineMs?: number; lookup?: LookupFunction } = {},
): Promise<WebhookWorld> {
  const settings = new Map<string, Connection>();
  const hints: { queueId: string; at: Date }[] = [];
  const { deadlineMs = 5_000, lookup } = options;
  const connections = { get: (name: string) => settings.get(name) ?? { kind: "missing" } };
  const change = (usual: Ports): Partial<Ports> => {
    const ports = {
      connections,
      openWebhook: webhooks(connections, {
        origin: "waybill.example",
        deadlineMs,
        ...(lookup === undefined ? {} : { lookup }),
      }),
      deliveryHints: {
        send: async (queueId: string, at: Date) => void hints.push({ queueId, at }),
      },
    };
    return { ...ports, ...options.change?.({ ...usual, ...ports }) };
  };
  const world = await makeWorld({ ...options, change });
  const { clock, ports, survive } = world;
  const { fileType } = anEntryDraft();
  const queueOf = (name: string) => ownQueueOf({ id: name, incarnation: INCARNATION });

  return {
    ...world,
    set: (name, setting) => void settings.set(name, webhookSetting(setting)),
    subscribe: async (name, via = {}) => {
      const body = {
        fileTypes: [fileType],
        via: { kind: "webhook", connection: name, ...via },
      };
      await define(ports, { kind: "subscriptions", id: name, body, incarnation: INCARNATION });
    },
    publish: async () => {
      const draft = anEntryDraft({ fileType, publishedAt: clock.now() });
      const entry = await ports.ledger.append(draft);
      await survive((alive) => fanOut(alive, fileAvailableEvent(entry)));
      return entry;
    },
    runUntil: async (end, each = async () => undefined) => {
      for (;;) {
        hints.sort((a, b) => a.at.getTime() - b.at.getTime());
        const next = hints[0];
        if (next === undefined || next.at > end) {
          break;
        }
        hints.shift();
        if (next.at > clock.now()) {
          clock.set(next.at);
        }
        await survive((alive) => bringDeliveries(alive, next.queueId, LIMITS));
        await each();
      }
      clock.set(end);
    },
    tick: () => hintDue(ports),
    bring: (name) => bringDeliveries(ports, queueOf(name), LIMITS),
    deliveries: (name) => deliveriesIn(ports, queueOf(name)),
  };
}

async function deliveriesIn(
  { deliveries }: Ports,
  queueId: string,
): Promise<(TrackedDelivery & { attempts: DeliveryAttempt[] })[]> {
  const { items } = await deliveries.list(queueId, EVERYTHING);
  const found = items.map(async (delivery) => ({
    ...delivery,
    attempts: (await deliveries.attempts(delivery)).toReversed(),
  }));
  return (await Promise.all(found)).sort((a, b) => a.file.sequence - b.file.sequence);
}
