import { z } from "zod";
import { type ConnectionSettings, readConnections } from "./connection-settings.ts";
import type { TopicAccess } from "./domain/deliveries/topics/partner-topic.ts";
import { HttpUrl, isPlainBase } from "./domain/values/http-url.ts";

const Lines = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

const HOUR_MS = 3_600_000;

/** A length of time as .NET writes it: `01:00:00`. `-1` means no limit; the longest useful time replaces it. */
const TimeSpan = z
  .string()
  .regex(/^(?:-1|(?:\d{1,3}\.)?\d{1,2}:\d{2}:\d{2})$/, 'must be a time such as "01:00:00"')
  .transform((text) => {
    const [seconds = 0, minutes = 0, hours = 0, days = 0] = text
      .split(/[.:]/)
      .reverse()
      .map(Number);
    return text === "-1" ? HOUR_MS : 1_000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)));
  });

const Count = z
  .string()
  .regex(/^[1-9]\d{0,6}$/, "must be a whole number from 1 to 9,999,999")
  .transform(Number);

/**
 * How much larger the platform's limit of a body is than the app's own limit. The app must see a body that is too large
 * in order to refuse it. Some bytes of a chunked body are always between the two processes: 6.4 to 7.8 MB were seen.
 * Connection buffers can grow to 10 MB (Linux: 6 MB to receive, 4 MB to send). When the platform cuts the body off, the
 * app must have seen enough of it.
 */
const BODY_LIMIT_MARGIN_BYTES = 12 * 2 ** 20;
/** Largest body that the app accepts, if the deployment does not set another limit. */
export const DEFAULT_BODY_LIMIT = 16 * 2 ** 20;
export const DEFAULT_BODY_SIZE_LIMIT = DEFAULT_BODY_LIMIT + BODY_LIMIT_MARGIN_BYTES;

/** The settings of the app, by name. An empty setting counts as missing. */
const Environment = z.object({
  /** Base of every link in our answers, e.g. `https://integration.example.com`; never taken from a request. */
  PUBLIC_BASE_URL: HttpUrl.refine(
    isPlainBase,
    "must be a base URL without user, query and fragment",
  ).transform((url) => url.replace(/\/+$/, "")),
  /** Entra tenant whose tokens are accepted. */
  TENANT_ID: z.guid("must be the tenant's GUID").transform((id) => id.toLowerCase()),
  /** Accepted audiences, separated by commas: the app registration's ID URI and its client id. */
  TOKEN_AUDIENCES: Lines.refine((list) => list.length > 0, "must name at least one audience"),
  /** Accepted issuers, separated by commas; by default the two of the tenant. */
  TOKEN_ISSUERS: Lines.refine(
    (list) => list.length > 0,
    "must name at least one issuer",
  ).optional(),
  /** Address of the issuer's keys; by default the tenant's. */
  TOKEN_JWKS_URI: HttpUrl.optional(),
  /** App role of operators. */
  OPERATOR_ROLE: z.string().default("Waybill.Operator"),
  /** Sustained requests per second that one application may send to one instance of the app. */
  RATE_LIMIT_PER_SECOND: Count.default(250),
  /** Requests that it may send at once after a silence. */
  RATE_LIMIT_BURST: Count.default(5_000),
  /** Largest body of a request that the platform lets through, in bytes. The platform reads this setting itself. */
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: z
    .string()
    .regex(/^\d{8,9}$/, "must be a number of bytes, from 14680064 to 999999999")
    .transform(Number)
    .refine((bytes) => bytes >= 2 * 2 ** 20 + BODY_LIMIT_MARGIN_BYTES, {
      error: "must be a number of bytes, from 14680064 to 999999999",
    })
    .default(DEFAULT_BODY_SIZE_LIMIT),
  /** Seconds of silence after which another worker takes over an export's run. */
  RUN_SILENCE_SECONDS: Count.default(60),
  /** Time after which the platform ends an invocation. It overrides the value in host.json. */
  AzureFunctionsJobHost__functionTimeout: TimeSpan.default(HOUR_MS),
  /** Times of the tick, as NCRONTAB. The platform reads this setting itself for the trigger, so it has no default. */
  TICK_SCHEDULE: z.string(),
  /** Storage of files and tables: a connection string, for development. */
  DataStorage: z.string().optional(),
  /** Storage of files and tables by managed identity. */
  DataStorage__blobServiceUri: HttpUrl.optional(),
  DataStorage__tableServiceUri: HttpUrl.optional(),
  /** Service Bus: a connection string, for development. */
  ServiceBus: z.string().optional(),
  /** Service Bus by managed identity. */
  ServiceBus__fullyQualifiedNamespace: z
    .string()
    .regex(/^[a-z\d-]+(?:\.[a-z\d-]+)+$/i, "must be a host name, e.g. a.servicebus.windows.net")
    .optional(),
  /** Ways in which partners may open subscriptions of the topic: `entra`, `sas`; none: Waybill does not manage them. */
  TOPIC_ACCESS: Lines.refine((list) => list.every((each) => each === "entra" || each === "sas"), {
    error: 'must be "entra", "sas", or both with a comma between them',
  }).default([]),
  /** Life of temporary endpoints in seconds: at most 7,200. Short ones are for tests. */
  TEMPORARY_ENDPOINT_SECONDS: Count.refine((seconds) => seconds <= 7_200, {
    error: "must be a whole number from 1 to 7200",
  }).default(5_400),
  /** Client id of the user-assigned identity; missing for a system-assigned one. */
  AZURE_CLIENT_ID: z.string().optional(),
});

export interface Config extends ConnectionSettings {
  readonly publicBaseUrl: string;
  readonly tokens: {
    readonly tenantId: string;
    readonly audiences: readonly string[];
    readonly issuers: readonly string[];
    readonly jwksUri: string;
    readonly operatorRole: string;
  };
  readonly runSilenceSeconds: number;
  readonly functionTimeoutMs: number;
  /** Larger bodies are refused, with a hint to use upload addresses. */
  readonly maxBodyBytes: number;
  /** Limits for one application on one instance. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  readonly storage:
    | { readonly connectionString: string }
    | { readonly blobServiceUri: string; readonly tableServiceUri: string };
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly topicAccess: readonly TopicAccess[];
  readonly temporaryEndpointMs: number;
  readonly managedIdentityClientId: string | undefined;
}

/**
 * For an app whose settings are wrong. It lets the app register its functions, so that they can report the fault. The
 * app never connects to these addresses.
 */
export const UNSET: Config = {
  publicBaseUrl: "https://unset.invalid",
  tokens: {
    tenantId: "",
    audiences: [],
    issuers: [],
    jwksUri: "https://unset.invalid",
    operatorRole: "",
  },
  maxBodyBytes: DEFAULT_BODY_LIMIT,
  runSilenceSeconds: 60,
  functionTimeoutMs: HOUR_MS,
  rateLimit: { perSecond: 1, burst: 1 },
  storage: { blobServiceUri: "https://unset.invalid", tableServiceUri: "https://unset.invalid" },
  serviceBus: { namespace: "unset.invalid" },
  topicAccess: [],
  temporaryEndpointMs: HOUR_MS,
  managedIdentityClientId: undefined,
  connections: new Map(),
  connectionProblems: [],
};

/** @internal Names of all settings, for the test that keeps samples and deployment in step. */
export const SETTING_NAMES = Object.keys(Environment.shape);

type Given = ReadonlyMap<string, string>;

/**
 * Reads the app's settings.
 *
 * @throws Error that names every wrong setting and its allowed values, but never its value; wrong connections alone do
 *   not throw
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
  const { connections, connectionProblems } = readConnections(given);
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
    maxBodyBytes: settings.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT - BODY_LIMIT_MARGIN_BYTES,
    runSilenceSeconds: settings.RUN_SILENCE_SECONDS,
    functionTimeoutMs: settings.AzureFunctionsJobHost__functionTimeout,
    rateLimit: { perSecond: settings.RATE_LIMIT_PER_SECOND, burst: settings.RATE_LIMIT_BURST },
    storage,
    serviceBus,
    topicAccess: settings.TOPIC_ACCESS as TopicAccess[],
    temporaryEndpointMs: settings.TEMPORARY_ENDPOINT_SECONDS * 1_000,
    managedIdentityClientId: settings.AZURE_CLIENT_ID,
    connections,
    connectionProblems,
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
