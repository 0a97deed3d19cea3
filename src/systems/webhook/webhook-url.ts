/** A webhook's URL in parts. Path and query are kept byte for byte: some signatures break when they are made anew. */
export interface WebhookUrl {
  readonly isEncrypted: boolean;
  /** Host as a resolver takes it: IP addresses in their usual spelling, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, as they were given. */
  readonly target: string;
}

const PARTS_REGEXP = /^(https?):\/\/([^/?]*)([!-~]*)$/i;
/** Characters that URL parsers read in more than one way, and fragments, which no request sends. */
const AMBIGUOUS_REGEXP = /[\\#]/;

/** @returns a text that completes "url " when it cannot be used */
export function parseWebhookUrl(text: string): WebhookUrl | string {
  const [, scheme = "", authority = "", rest = ""] = PARTS_REGEXP.exec(text) ?? [];
  if (scheme === "" || AMBIGUOUS_REGEXP.test(text)) {
    return "must be an https URL of ASCII characters, without blanks, backslash and fragment";
  }
  if (authority.includes("@")) {
    return "must not hold a user or a password; use `headers`";
  }
  const base = `${scheme}://${authority}`;
  if (!URL.canParse(base)) {
    return "must name a host";
  }
  const { protocol, hostname, port } = new URL(base);
  const isEncrypted = protocol === "https:";
  return {
    isEncrypted,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? defaultPort(isEncrypted) : Number(port),
    target: rest.startsWith("/") ? rest : `/${rest}`,
  };
}

/** The value of the header Host. */
export function hostHeader({ host, port, isEncrypted }: WebhookUrl): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === defaultPort(isEncrypted) ? name : `${name}:${port}`;
}

/** Shorter paths are shown without their end: four characters would be most of them. */
const MIN_LENGTH_WITH_END = 16;

/** The URL for people: scheme, host and the last four characters. */
export function shownUrl(url: WebhookUrl): string {
  const end = url.target.length < MIN_LENGTH_WITH_END ? "" : url.target.slice(-4);
  return `${url.isEncrypted ? "https" : "http"}://${hostHeader(url)}/...${end}`;
}

function defaultPort(isEncrypted: boolean): number {
  return isEncrypted ? 443 : 80;
}
