import fc from "fast-check";
import { expect, test } from "vitest";
import { matcherOf } from "../../src/domain/deliveries/subscription.ts";
import { desiredRules } from "../../src/domain/deliveries/topics/desired-rules.ts";
import type { PartnerTopic } from "../../src/domain/deliveries/topics/partner-topic.ts";
import { NotForTopics } from "../../src/domain/filters/topic-rules.ts";
import { fileAvailableMessage } from "../../src/domain/ledger/announce-entries.ts";
import type { LedgerEntry } from "../../src/domain/ledger/ledger-entry.ts";
import { entries, topicFilters } from "../domain/filters/arbitrary-topic-filter.ts";
import { printFilter } from "../domain/filters/print-filter.ts";
import { aFile } from "../support/file.ts";
import { useTopicBroker } from "../support/topic-broker.ts";

const broker = useTopicBroker();
const SEED = 20_260_301;
const FILTERS = 60;
const EVENTS = 40;
const SOME = ["Shop.Items", "Shop.Prices", "Other.*"];

/** A subscription for each filter, with the rules that the app makes. @returns ids of those that a topic can express */
async function subscribeEach(
  topic: PartnerTopic,
  filters: readonly string[],
  fileTypes: readonly string[],
): Promise<Map<string, string>> {
  const subscribed = new Map<string, string>();
  for (const [index, filter] of filters.entries()) {
    const id = `f${index}`;
    const rules = rulesIfShort(id, filter, fileTypes);
    const [first, ...others] = rules;
    if (first !== undefined) {
      await topic.create(id, { owner: id, ordered: false, rule: first });
      for (const rule of others) {
        await topic.addRule(id, rule);
      }
      subscribed.set(id, filter);
    }
  }
  return subscribed;
}

/** Nothing for a filter that is too long for a topic. */
function rulesIfShort(id: string, filter: string, fileTypes: readonly string[]) {
  try {
    return desiredRules(id, { enabled: true, fileTypes: [...fileTypes], filter });
  } catch (error) {
    if (error instanceof NotForTopics) {
      return [];
    }
    throw error;
  }
}

/** Places of the events that each filter's subscription received, and of those that the predicate takes. */
async function compare(
  name: string,
  input: { filters: readonly string[]; fileTypes: readonly string[]; events: LedgerEntry[] },
): Promise<{ received: unknown[]; wanted: unknown[] }> {
  const { filters, fileTypes, events } = input;
  const { topic, announcements } = await broker.topic(name);
  const subscribed = await subscribeEach(topic, filters, fileTypes);
  for (const [index, event] of events.entries()) {
    // two of them may have one number, and none is a duplicate here
    await announcements.send({ ...fileAvailableMessage(event), messageId: `${index}` });
  }
  const [received, wanted]: [unknown[], unknown[]] = [[], []];
  for (const [id, filter] of subscribed) {
    const wants = matcherOf({ enabled: true, fileTypes: [...fileTypes], filter });
    const messages = await broker.taken(name, id);
    const places = messages.map(({ messageId }) => Number(messageId));
    received.push([filter, places.sort((a, b) => a - b)]);
    wanted.push([filter, [...events.keys()].filter((index) => wants(events[index] as never))]);
  }
  return { received, wanted };
}

test(`${FILTERS} filters on the broker take the events that the predicate takes (seed ${SEED})`, async () => {
  const filters = fc.sample(topicFilters, { seed: SEED, numRuns: FILTERS }).map(printFilter);
  const events = fc.sample(entries, { seed: SEED + 1, numRuns: EVENTS });

  const { received, wanted } = await compare("random", { filters, fileTypes: SOME, events });

  expect(received.length).toBeGreaterThan(FILTERS / 2);
  expect(received).toEqual(wanted);
});

const TEXT_PROPERTIES = [
  "blobType",
  "correlationId",
  "contentType",
  "contentEncoding",
  "entity",
  "mode",
  "from",
  "to",
] as const;
const NUMBERS = ["records", "bytes", "sequence"] as const;

/** The event has each property; the other has other values, or none where it may be missing. */
const EVENT: LedgerEntry = {
  ...aFile({ fileType: "Shop.Items", sequence: 2 ** 40, records: 7, bytes: 3_000_000_000 }),
  ...{ originId: "x", nextCursor: null, deletedAt: null },
};
const OTHER: LedgerEntry = {
  ...EVENT,
  ...{ fileType: "Shop.Prices", correlationId: "other", contentType: "text/csv" },
  ...{ contentEncoding: null, entity: "Prices", mode: "full" },
  ...{ window: { from: null, to: null }, records: 0, bytes: 2, sequence: 1 },
};

test("each property of an event is found by each kind of rule, with its value and without", async () => {
  const { applicationProperties, correlationId } = fileAvailableMessage(EVENT);
  const values: Readonly<Record<string, string | number>> = {
    ...applicationProperties,
    correlationId,
  };
  const filters = [
    ...TEXT_PROPERTIES.flatMap((name) => [
      `${name} eq '${values[name]}'`,
      `${name} ne '${values[name]}'`,
      `not (${name} eq '${values[name]}')`,
      `${name} in ('nothing', '${values[name]}')`,
      `startswith(${name}, '${String(values[name]).slice(0, 3)}')`,
      `not endswith(${name}, '${String(values[name]).slice(-3)}')`,
      `${name} eq null`,
      `${name} ne null`,
    ]),
    ...NUMBERS.flatMap((name) => [
      `${name} eq ${values[name]}`,
      `${name} ne ${values[name]}`,
      `${name} in (0, ${values[name]})`,
      `${name} ge ${values[name]}`,
      `${name} lt ${values[name]}`,
      `not (${name} le 2.5)`,
    ]),
  ];
  const events = [EVENT, OTHER];
  const fileTypes = ["Shop.Items", "Shop.Prices"];

  const { received, wanted } = await compare("properties", { filters, fileTypes, events });

  expect(received).toHaveLength(filters.length);
  expect(received).toEqual(wanted);
  const rules = filters.flatMap((filter) => rulesIfShort("x", filter, fileTypes).slice(1));
  expect(new Set(rules.map(({ rule }) => rule.kind))).toEqual(new Set(["correlation", "sql"]));
});
