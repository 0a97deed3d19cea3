import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { fanOut } from "../../../../src/domain/deliveries/fan-out.ts";
import { provisionTopic } from "../../../../src/domain/deliveries/topics/provision-topic.ts";
import { fileAvailableEvent } from "../../../../src/domain/ledger/file-available.ts";
import type { LedgerEntry } from "../../../../src/domain/ledger/ledger-entry.ts";
import { useTopicBroker } from "../../../support/topic-broker.ts";
import { type TopicWorld, topicWorld } from "../../../support/world/topics.ts";

const broker = useTopicBroker();
const CHANGES = 30;

/** Files of 0 to 11 records: both filters take those of 5, 6 and 7, and neither those of 0 to 2 and 10 to 11. */
const FILTERS = ["records gt 2 and records lt 8", "records gt 4 and records lt 10"] as const;
const BOTH = [5, 6, 7];
const ONLY_FIRST = 3;
const NEITHER = [0, 1, 2, 10, 11];

/** Files that are announced and not fanned out yet. */
const LAG = 5;

/** Publishes one file after the other until it is told to stop. The fan-out follows, as it does on the topic. */
function publishing(world: TopicWorld) {
  const state = { isOver: false };
  const published: LedgerEntry[] = [];
  const fannedOut = async (upTo: number, from: number): Promise<number> => {
    for (const entry of published.slice(from, Math.max(upTo, from))) {
      await fanOut(world.ports, fileAvailableEvent(entry));
    }
    return Math.max(upTo, from);
  };
  const all = (async () => {
    let heard = 0;
    while (!state.isOver) {
      published.push(await world.announce({ records: (published.length * 7) % 12 }));
      heard = await fannedOut(published.length - LAG, heard);
      await setImmediate();
    }
    await fannedOut(published.length, heard);
    return published;
  })();
  return {
    /** A file for both filters and one for neither, whatever the speed of this machine. */
    burst: async () => {
      published.push(await world.announce({ records: 6 }), await world.announce({ records: 1 }));
    },
    stop: (): Promise<LedgerEntry[]> => {
      state.isOver = true;
      return all;
    },
  };
}

async function changed(world: TopicWorld, index: number): Promise<void> {
  await world.save("partner", { filter: FILTERS[index % 2] });
  await provisionTopic(world.ports, "partner");
}

test(`a subscription made at full load, whose filter changes ${CHANGES} times, gets what every filter takes and nothing that none takes`, async () => {
  const opened = await broker.topic("load");
  const around: { burst(): Promise<void> } = { burst: async () => undefined };
  const busy: typeof opened.topic = {
    ...opened.topic,
    addRule: async (name, rule) => {
      await opened.topic.addRule(name, rule);
      await around.burst();
    },
    removeRule: async (name, rule) => {
      await opened.topic.removeRule(name, rule);
      await around.burst();
    },
  };
  const world = await topicWorld({ ...opened, topic: busy });
  // opens the sender's link, so that the publisher is fast from the beginning
  await world.publish();
  const publisher = publishing(world);
  around.burst = publisher.burst;
  for (let index = 0; index < CHANGES; index++) {
    await changed(world, index);
  }
  const published = await publisher.stop();
  await world.tick();
  await world.tick();
  // the last filter does not take it, and the one before did
  const { sequence: tooMany } = await world.publish({ records: ONLY_FIRST });

  const start = (await world.ports.subscriptions.starts("partner"))[world.fileType] ?? 0;
  const messages = await broker.taken("load", "partner");
  const received = new Set(messages.map(({ body }) => body.properties.sequence));
  const since = published.filter(({ sequence }) => sequence >= start);
  const missing = since.filter(
    ({ records, sequence }) => BOTH.includes(records) && !received.has(sequence),
  );
  const wrong = published.filter(
    ({ records, sequence }) =>
      (NEITHER.includes(records) || sequence < start) && received.has(sequence),
  );
  expect([missing, wrong]).toEqual([[], []]);
  expect(received).not.toContain(tooMany);
  expect(since.length).toBeGreaterThan(CHANGES);
  expect(received.size).toBeGreaterThan(CHANGES / 4);
});
