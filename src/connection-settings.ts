import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "zod";

export const HttpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** What a header may hold: refused here, it is never part of the message with which a request would refuse it. */
const HeaderValue = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/);

/** OAuth 2.0 client credentials: of Entra, for Dataverse, Business Central and Finance, and of any other issuer. */
const ClientCredentials = z
  .strictObject({
    kind: z.literal("client-credentials"),
    tokenUrl: HttpUrl.refine(isPlainBase).refine(isSecret),
    clientId: z.string().min(1).max(1_000),
    clientSecret: z.string().min(1).max(10_000).optional(),
    /** Where the secret stands in the token request; most servers take it in the body. */
    secretIn: z.enum(["body", "header"]).default("body"),
    /** PEM text of a private key and its certificate, instead of a secret. */
    certificate: z.string().refine(isKeyPair).optional(),
    scope: z.string().max(10_000).optional(),
    /** More form fields of the token request, such as `resource` or `audience`. */
    parameters: z.record(z.string(), z.string()).default({}),
  })
  .refine(
    ({ clientSecret, certificate }) => (clientSecret === undefined) !== (certificate === undefined),
  );

const HttpConnection = z.strictObject({
  kind: z.literal("http"),
  baseUrl: HttpUrl.refine(isPlainBase),
  /** Other base URLs beneath which an API's links to the next page may lead: the secret goes there, too. */
  nextLinks: z.array(HttpUrl.refine(isPlainBase)).max(20).optional(),
  auth: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("none") }),
      z.strictObject({ kind: z.literal("bearer"), token: HeaderValue }),
      z.strictObject({
        kind: z.literal("key"),
        header: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/),
        key: HeaderValue,
      }),
      ClientCredentials,
    ])
    .default({ kind: "none" }),
});

export type HttpConnection = z.infer<typeof HttpConnection>;
export type ConnectionSetting =
  | HttpConnection
  | { readonly kind: "postgres"; readonly connectionString: string }
  | UnusableConnection;

/** A setting that is wrong makes its own connection unusable, and nothing else. */
export interface UnusableConnection {
  readonly kind: "unusable";
  /** The setting and what is wrong with it, without its value. */
  readonly reason: string;
}

export interface ConnectionSettings {
  /** Connections by the name that definitions use: `CONNECTION_SHOP_DB` is `shop-db`. */
  readonly connections: ReadonlyMap<string, ConnectionSetting>;
  /** What is wrong with settings of connections, one text each. */
  readonly connectionProblems: readonly string[];
}

const CONNECTION_PREFIX = "CONNECTION_";
/** As definitions write the names of connections. */
const CONNECTION_NAME_REGEXP = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads the connections among the app's settings.
 *
 * @param given settings that are not empty, by name
 */
export function readConnections(given: ReadonlyMap<string, string>): ConnectionSettings {
  const connections = new Map<string, ConnectionSetting>();
  const connectionProblems: string[] = [];
  const settings = [...given].filter(([setting]) => setting.startsWith(CONNECTION_PREFIX));
  for (const [setting, value] of settings) {
    const name = setting.slice(CONNECTION_PREFIX.length).toLowerCase().replaceAll("_", "-");
    const read = nameProblem(name, connections) ?? connectionOf(value);
    if (typeof read === "string") {
      connectionProblems.push(`${setting}: ${read}`);
      connections.set(name, { kind: "unusable", reason: `the app's setting ${setting} ${read}` });
    } else {
      connections.set(name, read);
    }
  }
  return { connections, connectionProblems };
}

function nameProblem(name: string, others: ReadonlyMap<string, unknown>): string | null {
  if (!CONNECTION_NAME_REGEXP.test(name)) {
    return "has no name for a connection: that is CONNECTION_ and up to 63 letters, digits and underscores, with a letter or digit at both ends";
  }
  return others.has(name)
    ? "is there twice, as capitals and small letters are the same here"
    : null;
}

/** @returns what is wrong, when anything is */
function connectionOf(value: string): ConnectionSetting | string {
  if (value.startsWith("@Microsoft.KeyVault(")) {
    return "is a reference to a secret that the platform has not resolved: the secret is missing, or the app may not read it";
  }
  if (/^postgres(?:ql)?:\/\//.test(value) && URL.canParse(value)) {
    return { kind: "postgres", connectionString: value };
  }
  try {
    return HttpConnection.parse(JSON.parse(value));
  } catch {
    return 'must be a URL such as postgres://user:password@host/database, or JSON such as {"kind":"http","baseUrl":"https://...","auth":{"kind":"bearer","token":"..."}}';
  }
}

/** Secrets go out over https, or stay on this machine. */
function isSecret(url: string): boolean {
  return /^https:|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$)/.test(url);
}

function isKeyPair(pem: string): boolean {
  try {
    return new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem));
  } catch {
    return false;
  }
}

/** An address that others can be made from by appending to it, and that holds no secret. */
export function isPlainBase(url: string): boolean {
  return !/[?#]|^\w+:\/\/[^/]*@/.test(url);
}
