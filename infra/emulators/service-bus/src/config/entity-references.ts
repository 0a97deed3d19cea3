import { z } from "zod";
import type { Limits } from "./limits.ts";

/** A problem of the configuration and its place. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/*
 * These checks span several entities. They read the file with a tolerant schema of their own, which treats misshapen
 * parts as absent. So their problems are shown together with those of the shape.
 */
const text = z.string().catch("");
const forwards = z
  .object({
    RequiresSession: z.boolean().catch(false),
    ForwardTo: text,
    ForwardDeadLetteredMessagesTo: text,
  })
  .catch({ RequiresSession: false, ForwardTo: "", ForwardDeadLetteredMessagesTo: "" });
const NOTHING = { Name: "", Properties: forwards.parse(null) };

const list = <Item extends z.ZodType>(item: Item) => z.array(item).catch([]);

const rule = z
  .object({ Name: text, Properties: z.object({ FilterType: text }).catch({ FilterType: "" }) })
  .catch({ Name: "", Properties: { FilterType: "" } });
const queue = z.object({ Name: text, Properties: forwards }).catch(NOTHING);
const subscription = z
  .object({ Name: text, Properties: forwards, Rules: list(rule) })
  .catch({ ...NOTHING, Rules: [] });
const topic = z
  .object({ Name: text, Subscriptions: list(subscription) })
  .catch({ Name: "", Subscriptions: [] });
const namespace = z
  .object({ Queues: list(queue), Topics: list(topic) })
  .catch({ Queues: [], Topics: [] });
const outline = z
  .object({ UserConfig: z.object({ Namespaces: list(namespace) }).catch({ Namespaces: [] }) })
  .catch({ UserConfig: { Namespaces: [] } });

type Topic = z.output<typeof topic>;

/** A named thing and its place. */
interface Place<Item> {
  readonly item: Item;
  readonly path: readonly PropertyKey[];
}

const places = <Item>(items: readonly Item[], path: readonly PropertyKey[]): Place<Item>[] =>
  items.map((item, index) => ({ item, path: [...path, index] }));

function repeatedNames(named: readonly Place<{ readonly Name: string }>[]): Finding[] {
  const seen = new Set<string>();
  return named.flatMap(({ item, path }) => {
    const key = item.Name.toLowerCase();
    const repeated = key !== "" && seen.has(key);
    seen.add(key);
    return repeated
      ? [{ path: [...path, "Name"], message: `repeats the name "${item.Name}"` }]
      : [];
  });
}

type Forwarding = Place<{ readonly Name: string; readonly Properties: z.output<typeof forwards> }>;

/** @param targets names of all queues and topics, in lower case */
function strayForwards({ item, path }: Forwarding, targets: ReadonlySet<string>): Finding[] {
  const { RequiresSession, ...properties } = item.Properties;
  const findings = Object.entries(properties)
    .filter(([, to]) => to !== "" && !targets.has(to.toLowerCase()))
    .map(([key, to]) => ({
      path: [...path, "Properties", key],
      message: `names "${to}", which is not a queue or topic here`,
    }));
  if (RequiresSession && properties.ForwardTo !== "") {
    const message = "cannot be set together with RequiresSession";
    findings.push({ path: [...path, "Properties", "ForwardTo"], message });
  }
  return findings;
}

function tooMany(count: number, most: number, finding: { path: PropertyKey[]; what: string }) {
  return count > most
    ? [{ path: finding.path, message: `has ${count} ${finding.what}, the limit is ${most}` }]
    : [];
}

function crowdedTopic({ item, path }: Place<Topic>, limits: Limits): Finding[] {
  const rules = item.Subscriptions.flatMap(({ Rules }) => Rules);
  const ofType = (type: string) =>
    rules.filter(({ Properties }) => Properties.FilterType === type).length;
  const at = (what: string) => ({ path: [...path], what });
  return [
    ...tooMany(item.Subscriptions.length, limits.maxSubscriptions, at("subscriptions")),
    ...tooMany(ofType("Correlation"), limits.maxCorrelationRules, at("correlation rules")),
    ...tooMany(ofType("Sql"), limits.maxSqlRules, at("SQL rules")),
  ];
}

/** Finds repeated names, forwards to missing entities and too many entities. */
export function findReferenceProblems(file: unknown, limits: Limits): Finding[] {
  const [only] = outline.parse(file).UserConfig.Namespaces;
  if (only === undefined) {
    return [];
  }
  const root = ["UserConfig", "Namespaces", 0];
  const queues = places(only.Queues, [...root, "Queues"]);
  const topics = places(only.Topics, [...root, "Topics"]);
  const subscriptions = topics.map(({ item, path }) =>
    places(item.Subscriptions, [...path, "Subscriptions"]),
  );
  const allSubscriptions = subscriptions.flat();
  const entities = [...queues, ...topics];
  const targets = new Set(entities.map(({ item }) => item.Name.toLowerCase()));
  return [
    ...tooMany(entities.length, limits.maxEntities, { path: root, what: "queues and topics" }),
    ...repeatedNames(entities),
    ...subscriptions.flatMap(repeatedNames),
    ...allSubscriptions.flatMap(({ item, path }) =>
      repeatedNames(places(item.Rules, [...path, "Rules"])),
    ),
    ...[...queues, ...allSubscriptions].flatMap((each) => strayForwards(each, targets)),
    ...topics.flatMap((each) => crowdedTopic(each, limits)),
  ];
}
