import { BrokerError } from "../broker/errors.ts";
import { childName, entityName } from "../config/name.ts";
import { queueForm, subscriptionForm, topicForm } from "./atom-entity-forms.ts";
import type { Site } from "./atom-form.ts";
import { ruleForm } from "./atom-rule.ts";
import { type Shelf, shelfOf, urlPath } from "./atom-shelf.ts";

/** Target of a path of the admin endpoint. */
export type Target =
  | { readonly kind: "root" }
  | { readonly kind: "namespace" }
  | { readonly kind: "list"; readonly title: string; readonly url: string; readonly shelf: Shelf }
  | {
      readonly kind: "entity";
      readonly name: string;
      /** Name with its namespace and its parents, for error texts. */
      readonly whole: string;
      /** Kinds of entity that may have the name: queues and topics share their names. */
      readonly shelves: readonly Shelf[];
      /** @throws BrokerError `invalid-argument` when a new entity may not have the name */
      readonly checkName: () => void;
    };

function segmentsOf(path: string): readonly string[] {
  try {
    return path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new BrokerError(
      "invalid-argument",
      `The path "${path}" is not percent-encoded correctly.`,
    );
  }
}

function nameCheck(schema: typeof entityName, name: string): () => void {
  return () => {
    const verdict = schema.safeParse(name);
    if (!verdict.success) {
      const reasons = verdict.error.issues.map(({ message }) => message).join(", ");
      throw new BrokerError("invalid-argument", `The name "${name}" ${reasons}.`);
    }
  };
}

const matches = (segment: string | undefined, word: string): boolean =>
  segment?.toLowerCase() === word;

const queues = (site: Site): Shelf => shelfOf(site.namespace.queues, queueForm(site), "");
const topics = (site: Site): Shelf => shelfOf(site.namespace.topics, topicForm(), "");

/** @throws BrokerError `entity-not-found` when the topic does not exist */
function subscriptions(site: Site, topic: string): { shelf: Shelf; url: string } {
  const url = `${urlPath(topic)}/Subscriptions`;
  const entities = site.namespace.subscriptions(topic);
  return { shelf: shelfOf(entities, subscriptionForm(site), `${url}/`), url };
}

/** @throws BrokerError `entity-not-found` when the topic or subscription does not exist */
function rules(site: Site, topic: string, subscription: string): { shelf: Shelf; url: string } {
  const url = `${urlPath(topic)}/Subscriptions/${urlPath(subscription)}/Rules`;
  const entities = site.namespace.rules(topic, subscription);
  return { shelf: shelfOf(entities, ruleForm(site), `${url}/`), url };
}

function belowSubscription(site: Site, topic: string, below: readonly string[]): Target {
  const [subscription = "", word, rule] = below;
  const whole = `sb://${site.namespace.name}/${topic}/Subscriptions/${below.join("/")}`;
  if (word === undefined) {
    const { shelf } = subscriptions(site, topic);
    const checkName = nameCheck(childName, subscription);
    return { kind: "entity", name: subscription, whole, shelves: [shelf], checkName };
  }
  const { shelf, url } = rules(site, topic, subscription);
  return rule === undefined
    ? { kind: "list", title: "Rules", url, shelf }
    : {
        kind: "entity",
        name: rule,
        whole,
        shelves: [shelf],
        checkName: nameCheck(childName, rule),
      };
}

/**
 * Finds the target of a path. Names of queues and topics may hold slashes, those below a topic may not:
 * `<topic>/Subscriptions/<subscription>/Rules/<rule>`.
 *
 * @param path as in the URL, percent-encoded
 * @throws BrokerError `entity-not-found` below a missing topic or subscription, `invalid-argument`
 */
export function findTarget(site: Site, path: string): Target {
  const segments = segmentsOf(path);
  const [first, second] = segments;
  if (first === undefined) {
    return { kind: "root" };
  }
  if (matches(first, "$namespaceinfo")) {
    return { kind: "namespace" };
  }
  if (matches(first, "$resources") && matches(second, "queues")) {
    return { kind: "list", title: "Queues", url: "$Resources/Queues", shelf: queues(site) };
  }
  if (matches(first, "$resources") && matches(second, "topics")) {
    return { kind: "list", title: "Topics", url: "$Resources/Topics", shelf: topics(site) };
  }
  const split = segments.findLastIndex((segment) => matches(segment, "subscriptions"));
  const below = segments.slice(split + 1);
  const topic = segments.slice(0, Math.max(split, 0)).join("/");
  if (split > 0 && below.length === 0) {
    return { kind: "list", title: "Subscriptions", ...subscriptions(site, topic) };
  }
  if (split > 0 && (below.length === 1 || (below.length <= 3 && matches(below[1], "rules")))) {
    return belowSubscription(site, topic, below);
  }
  const name = segments.join("/");
  const shelves = [queues(site), topics(site)];
  const whole = `sb://${site.namespace.name}/${name}`;
  return { kind: "entity", name, whole, shelves, checkName: nameCheck(entityName, name) };
}
