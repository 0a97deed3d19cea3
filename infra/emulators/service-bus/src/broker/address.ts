/** Target of an AMQP address, a path of the admin API or a `forwardTo`. */
export interface EntityAddress {
  /** The queue or the topic. */
  readonly entity: string;
  /** Null when it names a queue or a topic. */
  readonly subscription: string | null;
  readonly part: "main" | "dead-letter" | "transfer-dead-letter";
}

const DEAD_LETTER_REGEXP = /(\/\$transfer)?\/\$deadletterqueue$/i;
const SUBSCRIPTION_REGEXP = /^(.+)\/subscriptions\/([^/]+)$/i;
const SERVER_REGEXP = /^[a-z]+:\/\/[^/]*/i;

/** Reads an address; only the path of a full URL counts. Never fails, whether or not the entity exists. */
export function parseAddress(text: string): EntityAddress {
  const path = text.replace(SERVER_REGEXP, "").replace(/^\/+/, "").replace(/\/+$/, "");
  const deadLetter = DEAD_LETTER_REGEXP.exec(path);
  const main = deadLetter === null ? path : path.slice(0, deadLetter.index);
  const subscription = SUBSCRIPTION_REGEXP.exec(main);
  return {
    entity: subscription?.[1] ?? main,
    subscription: subscription?.[2] ?? null,
    part: partOf(deadLetter),
  };
}

function partOf(deadLetter: RegExpExecArray | null): EntityAddress["part"] {
  if (deadLetter === null) {
    return "main";
  }
  return deadLetter[1] === undefined ? "dead-letter" : "transfer-dead-letter";
}

export function subscriptionPath(topic: string, subscription: string): string {
  return `${topic}/Subscriptions/${subscription}`;
}

const PART_SUFFIXES = {
  main: "",
  "dead-letter": "/$deadletterqueue",
  "transfer-dead-letter": "/$transfer/$deadletterqueue",
} as const;

/** One text for all spellings of an address. */
export function addressKey(text: string): string {
  const { entity, subscription, part } = parseAddress(text);
  const path = subscription === null ? entity : subscriptionPath(entity, subscription);
  return path.toLowerCase() + PART_SUFFIXES[part];
}
