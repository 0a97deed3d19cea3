import { z } from "zod";
import { type ConnectionSettings, readConnections } from "./connection-settings.ts";
import { HttpUrl, isPlainBase } from "./domain/values/http-url.ts";

const Lines = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

const HOUR_MS = 3_600_000;

/** As .NET writes a length of time: `01:00:00`; `-1` is none, for which the longest stands that is of use. */
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
 * How far above the app's own limit of a body the platform's is. The app has to see a body that is too large in order
 * to say so. Of one in chunks some is always between the two processes: 6.4 to 7.8 MB were seen, and 10 MB are what the
 * buffers of a connection grow to (Linux: 6 MB to receive, 4 MB to send). When the platform breaks it off, the app must
 * have seen enough.
 */
const BODY_LIMIT_MARGIN_BYTES = 12 * 2 ** 20;
/** Largest body that the app takes unless the deployment is told otherwise. */
export const DEFAULT_BODY_LIMIT = 16 * 2 ** 20;
export const DEFAULT_BODY_SIZE_LIMIT = DEFAULT_BODY_LIMIT + BODY_LIMIT_MARGIN_BYTES;

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
  /** Largest body of a request that the platform lets through, in bytes; the platform reads it itself. */
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: z
    .string()
    .regex(/^\d{8,9}$/, "must be a number of bytes, from 14680064 to 999999999")
    .transform(Number)
    .refine((bytes) => bytes >= 2 * 2 ** 20 + BODY_LIMIT_MARGIN_BYTES, {
      error: "must be a number of bytes, from 14680064 to 999999999",
    })
    .default(DEFAULT_BODY_SIZE_LIMIT),
  /** After how many seconds without a sign of life another worker takes an export's run over. */
  RUN_SILENCE_SECONDS: Count.default(60),
  /** The platform's own, which stands in host.json: after how long it ends an invocation. Set, it replaces that one. */
  AzureFunctionsJobHost__functionTimeout: TimeSpan.default(HOUR_MS),
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
  ServiceBus__fullyQualifiedNamespace: z
    .string()
    .regex(/^[a-z\d-]+(?:\.[a-z\d-]+)+$/i, "must be a host name, e.g. a.servicebus.windows.net")
    .optional(),
  /** Client id of the user-assigned identity; none for a system-assigned one. */
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
  /** Larger bodies of requests are refused, with a hint at upload addresses. */
  readonly maxBodyBytes: number;
  /** What one application may ask of one instance. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  readonly storage:
    | { readonly connectionString: string }
    | { readonly blobServiceUri: string; readonly tableServiceUri: string };
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly managedIdentityClientId: string | undefined;
}

/**
 * For an app whose settings are wrong: with this its functions can be registered, so that they say so. Nothing is ever
 * reached by it.
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
 * @throws Error, unless only connections are wrong, that names every setting that is wrong, what it must be, and never its value
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
