import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "zod";

const Lines = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

const HttpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

const Count = z
  .string()
  .regex(/^[1-9]\d{0,6}$/, "must be a whole number from 1 to 9,999,999")
  .transform(Number);

/** The settings of the app, by name. One that is empty counts as one that is not there. */
const Environment = z.object({
  /** Base of every link that we give out, e.g. `https://integration.example.com`; never taken from a request. */
  PUBLIC_BASE_URL: HttpUrl.refine(
    isPlainBase,
    "must be a base URL without user, query and fragment",
  ).transform((url) => url.replace(/\/+$/, "")),
  /** Entra tenant whose tokens are accepted. */
  TENANT_ID: z.guid("must be the tenant's GUID").transform((id) => id.toLowerCase()),
  /** Accepted audiences, by commas: the app registration's ID URI and its client id. */
  TOKEN_AUDIENCES: Lines.refine((list) => list.length > 0, "must name at least one audience"),
  /** Accepted issuers, by commas; the tenant's two by default. */
  TOKEN_ISSUERS: Lines.refine(
    (list) => list.length > 0,
    "must name at least one issuer",
  ).optional(),
  /** Where the issuer's keys are; the tenant's by default. */
  TOKEN_JWKS_URI: HttpUrl.optional(),
  /** App role that operators have. */
  OPERATOR_ROLE: z.string().default("Waybill.Operator"),
  /** Requests a second that one application may send to one instance of the app, lastingly. */
  RATE_LIMIT_PER_SECOND: Count.default(250),
  /** Requests that it may send at once, after a time of silence. */
  RATE_LIMIT_BURST: Count.default(5_000),
  /** After how many seconds without a sign of life another worker takes an export's run over. */
  RUN_SILENCE_SECONDS: Count.default(60),
  /** When schedules are looked at, as NCRONTAB. The platform reads it itself, for the trigger: there is no default. */
  TICK_SCHEDULE: z.string(),
  /** Storage of files and tables: a connection string, for development. */
  DataStorage: z.string().optional(),
  /** Storage of files and tables by managed identity. */
  DataStorage__blobServiceUri: HttpUrl.optional(),
  DataStorage__tableServiceUri: HttpUrl.optional(),
  /** Service Bus: a connection string, for development. */
  ServiceBus: z.string().optional(),
  /** Service Bus by managed identity. */
  ServiceBus__fullyQualifiedNamespace: z.string().optional(),
  /** Client id of the user-assigned identity; none for a system-assigned one. */
  AZURE_CLIENT_ID: z.string().optional(),
});

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
  | { readonly kind: "postgres"; readonly connectionString: string };

export interface Config {
  readonly publicBaseUrl: string;
  readonly tokens: {
    readonly tenantId: string;
    readonly audiences: readonly string[];
    readonly issuers: readonly string[];
    readonly jwksUri: string;
    readonly operatorRole: string;
  };
  readonly runSilenceSeconds: number;
  /** What one application may ask of one instance. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  readonly storage:
    | { readonly connectionString: string }
    | { readonly blobServiceUri: string; readonly tableServiceUri: string };
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly managedIdentityClientId: string | undefined;
  /** Connections by the name that definitions use: `CONNECTION_SHOP_DB` is `shop-db`. */
  readonly connections: ReadonlyMap<string, ConnectionSetting>;
}

/** Names of all settings, for the test that keeps samples and deployment in step. */
export const SETTING_NAMES = Object.keys(Environment.shape);

const CONNECTION_PREFIX = "CONNECTION_";
/** As definitions write the names of connections. */
const CONNECTION_NAME_REGEXP = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

type Given = ReadonlyMap<string, string>;

/**
 * Reads the app's settings.
 *
 * @throws Error that names every setting that is wrong, what it must be, and never its value
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given: Given = new Map(
    Object.entries(environment).flatMap(([name, value = ""]) =>
      value.trim() === "" ? [] : [[name, value]],
    ),
  );
  const problems: string[] = [];
  const parsed = Environment.safeParse(Object.fromEntries(given));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = path.join(".");
    problems.push(`${name}: ${given.has(name) ? message : "is missing"}`);
  }
  const storage = storageOf(given, problems);
  const serviceBus = serviceBusOf(given, problems);
  const connections = readConnections(given, problems);
  if (!parsed.success || storage === null || serviceBus === null || problems.length > 0) {
    throw new Error(`Cannot start: the app's settings are wrong\n  ${problems.join("\n  ")}`);
  }
  const settings = parsed.data;
  return {
    publicBaseUrl: settings.PUBLIC_BASE_URL,
    tokens: {
      tenantId: settings.TENANT_ID,
      audiences: settings.TOKEN_AUDIENCES,
      issuers: settings.TOKEN_ISSUERS ?? [
        `https://sts.windows.net/${settings.TENANT_ID}/`,
        `https://login.microsoftonline.com/${settings.TENANT_ID}/v2.0`,
      ],
      jwksUri:
        settings.TOKEN_JWKS_URI ??
        `https://login.microsoftonline.com/${settings.TENANT_ID}/discovery/v2.0/keys`,
      operatorRole: settings.OPERATOR_ROLE,
    },
    runSilenceSeconds: settings.RUN_SILENCE_SECONDS,
    rateLimit: { perSecond: settings.RATE_LIMIT_PER_SECOND, burst: settings.RATE_LIMIT_BURST },
    storage,
    serviceBus,
    managedIdentityClientId: settings.AZURE_CLIENT_ID,
    connections,
  };
}

function storageOf(given: Given, problems: string[]): Config["storage"] | null {
  const connectionString = given.get("DataStorage");
  if (connectionString !== undefined) {
    return { connectionString };
  }
  const blobServiceUri = given.get("DataStorage__blobServiceUri");
  const tableServiceUri = given.get("DataStorage__tableServiceUri");
  if (blobServiceUri !== undefined && tableServiceUri !== undefined) {
    return { blobServiceUri, tableServiceUri };
  }
  problems.push(
    "DataStorage: is missing; set a connection string, or DataStorage__blobServiceUri and DataStorage__tableServiceUri",
  );
  return null;
}

function serviceBusOf(given: Given, problems: string[]): Config["serviceBus"] | null {
  const connectionString = given.get("ServiceBus");
  if (connectionString !== undefined) {
    return { connectionString };
  }
  const namespace = given.get("ServiceBus__fullyQualifiedNamespace");
  if (namespace !== undefined) {
    return { namespace };
  }
  problems.push(
    "ServiceBus: is missing; set a connection string, or ServiceBus__fullyQualifiedNamespace",
  );
  return null;
}

function readConnections(given: Given, problems: string[]): ReadonlyMap<string, ConnectionSetting> {
  const connections = new Map<string, ConnectionSetting>();
  const settings = [...given].filter(([setting]) => setting.startsWith(CONNECTION_PREFIX));
  for (const [setting, value] of settings) {
    const name = setting.slice(CONNECTION_PREFIX.length).toLowerCase().replaceAll("_", "-");
    const connection = connectionOf(value);
    if (!CONNECTION_NAME_REGEXP.test(name)) {
      problems.push(
        `${setting}: its name must be CONNECTION_ and up to 63 letters, digits and underscores, with a letter or digit at both ends`,
      );
    } else if (connections.has(name)) {
      problems.push(`${setting}: is there twice, as capitals and small letters are the same here`);
    } else if (connection === null) {
      problems.push(
        `${setting}: must be a URL such as postgres://user:password@host/database, or JSON such as {"kind":"http","baseUrl":"https://...","auth":{"kind":"bearer","token":"..."}}`,
      );
    } else {
      connections.set(name, connection);
    }
  }
  return connections;
}

function connectionOf(value: string): ConnectionSetting | null {
  if (/^postgres(?:ql)?:\/\//.test(value)) {
    return URL.canParse(value) ? { kind: "postgres", connectionString: value } : null;
  }
  try {
    return HttpConnection.parse(JSON.parse(value));
  } catch {
    return null;
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

function isPlainBase(url: string): boolean {
  return !/[?#]|^\w+:\/\/[^/]*@/.test(url);
}
