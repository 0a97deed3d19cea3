import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import { bringDeliveries } from "../../../src/domain/deliveries/bring-deliveries.ts";
import { settleStarts } from "../../../src/domain/deliveries/decide-start.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../../src/domain/deliveries/settle-owed.ts";
import { provisionTopics } from "../../../src/domain/deliveries/topics/provision-topic.ts";
import { watchTopic } from "../../../src/domain/deliveries/topics/watch-topic.ts";
import { announceEntries } from "../../../src/domain/ledger/announce-entries.ts";
import { fileAvailableEvent } from "../../../src/domain/ledger/file-available.ts";
import type { EntryDraft, LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { APPLICATION_ID, subscriptionBody } from "../definition-bodies.ts";
import { all, anEntryDraft } from "../stored-things.ts";
import { makeWorld, type World } from "./world.ts";

const LIMITS = { mayTryFailing: () => true, signal: new AbortController().signal };
/** By then an announcement, a fan-out or a claim that nobody ended is somebody else's. */
const LATER_MS = 300_000;

export interface TopicWorld extends World {
  readonly fileType: string;
  /** Saves a subscription of the topic, as its door does, without making it at the broker. */
  save(id: string, members?: object): Promise<void>;
  /** The same, and makes it at the broker. */
  subscribe(id: string, members?: object): Promise<void>;
  /** Publishes a file, and announces it. */
  announce(facts?: Partial<EntryDraft>): Promise<LedgerEntry>;
  /** The same, and fans it out. */
  publish(facts?: Partial<EntryDraft>): Promise<LedgerEntry>;
  /** All that a tick does for subscriptions of the topic, five minutes later. */
  tick(): Promise<void>;
}

/** Subscriptions of a topic, and files for them. */
export async function topicWorld(
  change: Pick<Ports, "topic" | "announcements">,
): Promise<TopicWorld> {
  const world = await makeWorld({ change: () => change });
  const { ports, clock } = world;
  const { fileType } = anEntryDraft();
  const save = async (id: string, members: object = {}): Promise<void> => {
    const via = { kind: "topic", access: "sas" };
    const body = subscriptionBody({
      ...{ fileTypes: [fileType], applications: [APPLICATION_ID], via },
      ...members,
    });
    const request = { kind: "subscriptions", id, condition: "*", applicationId: "o" } as const;
    await saveDefinition(ports, { ...request, body });
    await settleStarts(ports);
  };
  const announce: TopicWorld["announce"] = async (facts = {}) => {
    const path = { container: "files", name: `${fileType}/${clock.now().getTime()}` };
    const draft = anEntryDraft({ fileType, path, publishedAt: clock.now(), ...facts });
    if ((await ports.files.read(draft.path)) === null) {
      await ports.files.write(draft.path, content(), draft.contentType);
    }
    const entry = await ports.ledger.append(draft);
    await announceEntries(ports, { fileType });
    return entry;
  };
  return {
    ...world,
    fileType,
    save,
    subscribe: async (id, members) => {
      await save(id, members);
      await provisionTopics(ports);
    },
    announce,
    publish: async (facts) => {
      const entry = await announce(facts);
      await fanOut(ports, fileAvailableEvent(entry));
      return entry;
    },
    tick: async () => {
      clock.advance(LATER_MS);
      await watchTopic(ports);
      await provisionTopics(ports);
      await settleOwed(ports);
      for (const { queueId } of await all(ports.ownQueues.all())) {
        await bringDeliveries(ports, queueId, LIMITS);
      }
    },
  };
}

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("rows");
}
