import { readFileSync } from "node:fs";
import { TableClient } from "@azure/data-tables";
import { parseServiceBusConnectionString } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { readConfig, SETTING_NAMES } from "../src/config.ts";

const TENANT = "0AFF5F1B-2A28-4C2E-9C7E-0A9A7E1FB9D0";
const tenant = TENANT.toLowerCase();

/** Settings with which the app starts. */
const GOOD = {
  PUBLIC_BASE_URL: "https://integration.example.com/",
  TENANT_ID: TENANT,
  TOKEN_AUDIENCES: "https://integration.example.com, 3f6b7c1e-8a52-4d0b-9c1d-5e2f4a6b8c0d,",
  TICK_SCHEDULE: "0 * * * * *",
  DataStorage: "UseDevelopmentStorage=true",
  ServiceBus: "Endpoint=sb://localhost;SharedAccessKeyName=x;SharedAccessKey=SAS_KEY_VALUE",
};

/** Problems of the settings, one per line. */
function problemsOf(settings: Record<string, string | undefined>): string[] {
  try {
    return [...readConfig(settings).connectionProblems];
  } catch (error) {
    const [title, ...problems] = String((error as Error).message).split("\n  ");
    expect(title).toBe("Cannot start: the app's settings are wrong");
    return problems;
  }
}

test("good settings are read, with the tenant's own issuers and keys", () => {
  expect(readConfig(GOOD)).toEqual({
    publicBaseUrl: "https://integration.example.com",
    tokens: {
      tenantId: tenant,
      audiences: ["https://integration.example.com", "3f6b7c1e-8a52-4d0b-9c1d-5e2f4a6b8c0d"],
      issuers: [
        `https://sts.windows.net/${tenant}/`,
        `https://login.microsoftonline.com/${tenant}/v2.0`,
      ],
      jwksUri: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
      operatorRole: "Waybill.Operator",
    },
    rateLimit: { perSecond: 250, burst: 5_000 },
    maxBodyBytes: 16 * 2 ** 20,
    runSilenceSeconds: 60,
    functionTimeoutMs: 3_600_000,
    storage: { connectionString: GOOD.DataStorage },
    serviceBus: { connectionString: GOOD.ServiceBus },
    topicAccess: [],
    temporaryEndpointMs: 5_400_000,
    managedIdentityClientId: undefined,
    connections: new Map(),
    connectionProblems: [],
  });
});

test("an identity takes the place of connection strings", () => {
  const config = readConfig({
    ...GOOD,
    DataStorage: undefined,
    DataStorage__blobServiceUri: "https://a.blob.core.windows.net",
    DataStorage__tableServiceUri: "https://a.table.core.windows.net",
    ServiceBus: "",
    ServiceBus__fullyQualifiedNamespace: "a.servicebus.windows.net",
    AZURE_CLIENT_ID: "3f6b7c1e-8a52-4d0b-9c1d-5e2f4a6b8c0d",
  });

  expect(config).toMatchObject({
    storage: {
      blobServiceUri: "https://a.blob.core.windows.net",
      tableServiceUri: "https://a.table.core.windows.net",
    },
    serviceBus: { namespace: "a.servicebus.windows.net" },
    managedIdentityClientId: "3f6b7c1e-8a52-4d0b-9c1d-5e2f4a6b8c0d",
  });
});

test("a setting that is empty counts as one that is not there", () => {
  const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, " "]));

  expect(readConfig({ ...empty, ...GOOD })).toEqual(readConfig(GOOD));
  expect(problemsOf({ ...empty, CONNECTION_SHOP: "" })).toEqual(problemsOf({}));
});

test("the rate limit is two whole numbers", () => {
  const set = { ...GOOD, RATE_LIMIT_PER_SECOND: "10", RATE_LIMIT_BURST: "100" };
  const wrong = { ...GOOD, RATE_LIMIT_PER_SECOND: "0", RATE_LIMIT_BURST: "1e3" };
  const problem = "must be a whole number from 1 to 9,999,999";

  expect(readConfig(set).rateLimit).toEqual({ perSecond: 10, burst: 100 });
  expect(problemsOf(wrong)).toEqual([
    `RATE_LIMIT_PER_SECOND: ${problem}`,
    `RATE_LIMIT_BURST: ${problem}`,
  ]);
});

test("the largest body that the app takes is 12 MiB less than what the platform lets through", () => {
  const limitOf = (bytes: string) => ({ ...GOOD, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: bytes });

  expect(readConfig(GOOD).maxBodyBytes).toBe(16 * 2 ** 20);
  expect(readConfig(limitOf("14680064")).maxBodyBytes).toBe(2 * 2 ** 20);
  expect(problemsOf(limitOf("14680063"))).toEqual([
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: must be a number of bytes, from 14680064 to 999999999",
  ]);
  expect(problemsOf(limitOf("16 MB"))).toHaveLength(1);
});

test("every setting that is missing is named at once", () => {
  expect(problemsOf({})).toEqual([
    "PUBLIC_BASE_URL: is missing",
    "TENANT_ID: is missing",
    "TOKEN_AUDIENCES: is missing",
    "TICK_SCHEDULE: is missing",
    expect.stringMatching(/^DataStorage: is missing; set /),
    expect.stringMatching(/^ServiceBus: is missing; set /),
  ]);
});

test("every setting that is wrong is named at once, with what it must be and never its value", () => {
  const canary = "hunter2-canary";
  const problems = problemsOf({
    PUBLIC_BASE_URL: canary,
    TENANT_ID: canary,
    TOKEN_AUDIENCES: ",",
    TOKEN_ISSUERS: ", ,",
    TOKEN_JWKS_URI: `ftp://user:${canary}@host/`,
    TICK_SCHEDULE: "",
    DataStorage__blobServiceUri: `AccountKey=${canary}`,
    DataStorage__tableServiceUri: `https//${canary}`,
    ServiceBus__fullyQualifiedNamespace: `sb://${canary}/`,
  });

  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "PUBLIC_BASE_URL",
    "TENANT_ID",
    "TOKEN_AUDIENCES",
    "TOKEN_ISSUERS",
    "TOKEN_JWKS_URI",
    "TICK_SCHEDULE",
    "DataStorage__blobServiceUri",
    "DataStorage__tableServiceUri",
    "ServiceBus__fullyQualifiedNamespace",
  ]);
  expect(problems.join("\n")).not.toContain(canary);
});

test.each([
  "integration.example.com",
  "ftp://integration.example.com",
  "https://user@integration.example.com",
  "https://integration.example.com/?a=b",
  "https://integration.example.com/#a",
])("PUBLIC_BASE_URL must not be %s", (url) => {
  expect(problemsOf({ ...GOOD, PUBLIC_BASE_URL: url })).toEqual([
    expect.stringMatching(/^PUBLIC_BASE_URL: must be /),
  ]);
});

test.each([
  ["https://a.example.com", "https://a.example.com"],
  ["https://a.example.com//", "https://a.example.com"],
  ["https://a.example.com/namespaces/AXSF/", "https://a.example.com/namespaces/AXSF"],
  ["http://localhost:7071", "http://localhost:7071"],
])("PUBLIC_BASE_URL %s gives links that begin with %s", (url, expected) => {
  expect(readConfig({ ...GOOD, PUBLIC_BASE_URL: url }).publicBaseUrl).toBe(expected);
});

const sample: Record<string, string> = JSON.parse(
  readFileSync("local.settings.sample.json", "utf8"),
).Values;
/** Read by the platform, not by us. */
const OF_THE_PLATFORM = [
  "AzureWebJobsStorage",
  "AzureWebJobsDisableHomepage",
  "FUNCTIONS_WORKER_RUNTIME",
];
/** For a managed identity, which only Azure has, or with a good default. */
const ONLY_IN_AZURE = [
  "DataStorage__blobServiceUri",
  "DataStorage__tableServiceUri",
  "ServiceBus__fullyQualifiedNamespace",
  "AZURE_CLIENT_ID",
  "OPERATOR_ROLE",
];

/** Settings that have a default everywhere. */
const WITH_DEFAULT = [
  ...["TOPIC_ACCESS", "TEMPORARY_ENDPOINT_SECONDS"],
  ...["RATE_LIMIT_PER_SECOND", "RATE_LIMIT_BURST", "RUN_SILENCE_SECONDS"],
  "AzureFunctionsJobHost__functionTimeout",
];

test("local.settings.sample.json has the settings that a development machine needs, and no other", () => {
  const own = Object.keys(sample).filter((name) => !OF_THE_PLATFORM.includes(name));

  expect([...own, ...ONLY_IN_AZURE, ...WITH_DEFAULT].sort()).toEqual(
    [...SETTING_NAMES, "CONNECTION_SHOP"].sort(),
  );
});

test("the app starts on local.settings.sample.json, and its clients understand it", () => {
  const config = readConfig(sample);

  expect([...config.connections.keys()]).toEqual(["shop"]);
  expect(TableClient.fromConnectionString(sample.DataStorage ?? "", "t").url).toContain(":10002/");
  expect(BlobServiceClient.fromConnectionString(sample.DataStorage ?? "").url).toContain(":10000/");
  expect(parseServiceBusConnectionString(sample.ServiceBus ?? "")).toMatchObject({
    fullyQualifiedNamespace: "localhost",
    sharedAccessKey: "SAS_KEY_VALUE",
  });
});
