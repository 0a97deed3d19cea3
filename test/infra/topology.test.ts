import { readFileSync } from "node:fs";
import { ConfigError, parseConfig } from "service-bus-emulator/config";
import { expect, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };

const text = readFileSync("infra/local/service-bus.json", "utf8");
const { queues, topics } = parseConfig(text, { strict: true });
const namesOf = (entities: readonly { name: string }[]): string[] =>
  entities.map(({ name }) => name).sort();

test("service-bus.json has the queues and topics of topology.json, and no other", () => {
  expect(namesOf(queues)).toEqual(Object.values(topology.queues).sort());
  expect(namesOf(topics)).toEqual(Object.values(topology.topics).sort());
});

test("service-bus.json has the subscriptions of topology.json, and no other", () => {
  expect(namesOf(topics.flatMap((topic) => topic.subscriptions))).toEqual(
    Object.values(topology.subscriptions).sort(),
  );
});

test("what has an order has sessions: runs of an export, files of an ordered connector, files within a file type", () => {
  const queue = (wanted: string) => queues.find(({ name }) => name === wanted);
  const fanOut = topics
    .find(({ name }) => name === topology.topics.fileAvailable)
    ?.subscriptions.find(({ name }) => name === topology.subscriptions.fanOut);

  expect(queue(topology.queues.runs)?.requiresSession).toBe(true);
  expect(queue(topology.queues.orderedImports)?.requiresSession).toBe(true);
  expect(queue(topology.queues.imports)?.requiresSession).toBe(false);
  expect(fanOut?.requiresSession).toBe(true);
  expect(fanOut?.rules).toEqual([]);
});

test("what is sent twice is taken once", () => {
  const sentTo = [...queues, ...topics];

  expect(sentTo.filter(({ requiresDuplicateDetection }) => !requiresDuplicateDetection)).toEqual(
    [],
  );
});

test("a message that nobody can handle ends in the dead-letter queue, not after one try", () => {
  const received = [...queues, ...topics.flatMap((topic) => topic.subscriptions)];

  for (const { maxDeliveryCount } of received) {
    expect(maxDeliveryCount).toBeGreaterThan(1);
  }
});

test("no two names of one kind are the same", () => {
  for (const names of Object.values(topology)) {
    const values = Object.values(names).map((name) => name.toLowerCase());
    expect(new Set(values).size).toBe(values.length);
  }
});

test("a setting that the official emulator does not know would be noticed", () => {
  const misspelt = text.replace('"RequiresSession"', '"RequireSession"');

  expect(misspelt).not.toBe(text);
  expect(() => parseConfig(misspelt, { strict: true })).toThrow(ConfigError);
});
