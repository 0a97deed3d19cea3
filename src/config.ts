import { z } from "zod";

const Lines = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

/** A connection of the functions platform: a connection string, or the parts that go with a managed identity. */
const Environment = z.object({
  /** Base of every link that we give out, e.g. `https://integration.example.com`; never taken from a request. */
  PUBLIC_BASE_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, "")),
  /** Entra tenant whose tokens are accepted. */
  TENANT_ID: z.guid().transform((id) => id.toLowerCase()),
  /** Accepted audiences, by commas: the app registration's ID URI and its client id. */
  TOKEN_AUDIENCES: Lines.refine((list) => list.length > 0, "must name at least one audience"),
  /** Accepted issuers, by commas; the tenant's two by default. */
  TOKEN_ISSUERS: Lines.optional(),
  /** Where the issuer's keys are; the tenant's by default. */
  TOKEN_JWKS_URI: z.url().optional(),
  /** App role that operators have. */
  OPERATOR_ROLE: z.string().min(1).default("Waybill.Operator"),
  /** When schedules are looked at, as NCRONTAB; every minute by default. */
  TICK_SCHEDULE: z.string().default("0 * * * * *"),
  /** Storage of files and tables: a connection string, for development. */
  DataStorage: z.string().optional(),
  /** Storage of files and tables by managed identity. */
  DataStorage__blobServiceUri: z.url().optional(),
  DataStorage__tableServiceUri: z.url().optional(),
  /** Service Bus: a connection string, for development. */
  ServiceBus: z.string().optional(),
  /** Service Bus by managed identity. */
  ServiceBus__fullyQualifiedNamespace: z.string().optional(),
  /** Client id of the user-assigned identity; none for a system-assigned one. */
  AZURE_CLIENT_ID: z.string().optional(),
});

const HttpConnection = z.strictObject({
  kind: z.literal("http"),
  baseUrl: z.url({ protocol: /^https?$/ }),
  auth: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("none") }),
      z.strictObject({ kind: z.literal("bearer"), token: z.string().min(1) }),
      z.strictObject({ kind: z.literal("key"), header: z.string().min(1), key: z.string().min(1) }),
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

/**
 * Reads the app's settings.
 *
 * @throws Error that names every setting that is wrong, what it must be, and never its value
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    problems.push(
      ...parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    );
  }
  const connections = readConnections(environment, problems);
  const storage = parsed.success ? storageOf(parsed.data, problems) : undefined;
  const serviceBus = parsed.success ? serviceBusOf(parsed.data, problems) : undefined;
  if (!parsed.success || storage === undefined || serviceBus === undefined || problems.length > 0) {
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
    storage,
    serviceBus,
    managedIdentityClientId: settings.AZURE_CLIENT_ID,
    connections,
  };
}

type Settings = z.infer<typeof Environment>;

function storageOf(settings: Settings, problems: string[]): Config["storage"] | undefined {
  const { DataStorage, DataStorage__blobServiceUri, DataStorage__tableServiceUri } = settings;
  if (DataStorage !== undefined) {
    return { connectionString: DataStorage };
  }
  if (DataStorage__blobServiceUri !== undefined && DataStorage__tableServiceUri !== undefined) {
    return {
      blobServiceUri: DataStorage__blobServiceUri,
      tableServiceUri: DataStorage__tableServiceUri,
    };
  }
  problems.push(
    "DataStorage: is missing; set a connection string, or DataStorage__blobServiceUri and DataStorage__tableServiceUri",
  );
  return undefined;
}

function serviceBusOf(settings: Settings, problems: string[]): Config["serviceBus"] | undefined {
  if (settings.ServiceBus !== undefined) {
    return { connectionString: settings.ServiceBus };
  }
  if (settings.ServiceBus__fullyQualifiedNamespace !== undefined) {
    return { namespace: settings.ServiceBus__fullyQualifiedNamespace };
  }
  problems.push(
    "ServiceBus: is missing; set a connection string, or ServiceBus__fullyQualifiedNamespace",
  );
  return undefined;
}

function readConnections(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): ReadonlyMap<string, ConnectionSetting> {
  const connections = new Map<string, ConnectionSetting>();
  for (const [setting, value = ""] of Object.entries(environment)) {
    if (setting.startsWith(CONNECTION_PREFIX)) {
      const connection = connectionOf(value);
      if (connection === null) {
        problems.push(
          `${setting}: must be a URL such as postgres://user:password@host/database, or JSON such as {"kind":"http","baseUrl":"https://...","auth":{"kind":"bearer","token":"..."}}`,
        );
      } else {
        const name = setting.slice(CONNECTION_PREFIX.length).toLowerCase().replaceAll("_", "-");
        connections.set(name, connection);
      }
    }
  }
  return connections;
}

function connectionOf(value: string): ConnectionSetting | null {
  if (/^postgres(ql)?:\/\//.test(value)) {
    return { kind: "postgres", connectionString: value };
  }
  try {
    return HttpConnection.parse(JSON.parse(value));
  } catch {
    return null;
  }
}
