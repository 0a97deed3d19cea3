import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseJsonc } from "jsonc-parser";
import { expect, test } from "vitest";
import type { Node } from "web-tree-sitter";
import { DEFAULT_BODY_SIZE_LIMIT, readConfig, SETTING_NAMES } from "../../src/config.ts";
import {
  bodyOf,
  declarations,
  deployedBicep,
  descendantsOf,
  isExisting,
  literal,
  propertiesOf,
  resourceType,
  valueAt,
} from "./bicep-tree.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const files = await deployedBicep();
const topology = readJson("infra/topology.json");

/** Settings that only the platform reads. */
const OF_THE_PLATFORM = [
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__clientId",
  "AzureWebJobsDisableHomepage",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "ServiceBus__credential",
  "ServiceBus__clientId",
];

/** Settings that the app reads and no deployment gives. */
const NOT_IN_AZURE = {
  DataStorage: "a connection string, for development; keys are off in Azure",
  ServiceBus: "a connection string, for development; keys are off in Azure",
  TOKEN_ISSUERS: "the tenant's own by default",
  TOKEN_JWKS_URI: "the tenant's own by default",
  RUN_SILENCE_SECONDS: "60 by default; tests do not wait that long",
  TEMPORARY_ENDPOINT_SECONDS: "90 minutes by default; tests do not wait that long",
  AzureFunctionsJobHost__functionTimeout: "an hour in host.json; tests do not wait that long",
  OPERATOR_ROLE: "Waybill.Operator by default, as the documentation of the registration names it",
};

/** Settings that the app reads and no development machine needs. */
const NOT_LOCAL = {
  DataStorage__blobServiceUri: "a managed identity, which only Azure has",
  DataStorage__tableServiceUri: "a managed identity, which only Azure has",
  ServiceBus__fullyQualifiedNamespace: "a managed identity, which only Azure has",
  AZURE_CLIENT_ID: "a managed identity, which only Azure has",
  OPERATOR_ROLE: "Waybill.Operator by default",
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "the sample has it for the platform, which reads it as well",
  RATE_LIMIT_PER_SECOND: "has a default",
  RUN_SILENCE_SECONDS: "has a default",
  TEMPORARY_ENDPOINT_SECONDS: "has a default",
  TOPIC_ACCESS: "the topic is managed only where that is wanted",
  AzureFunctionsJobHost__functionTimeout: "stands in host.json",
  RATE_LIMIT_BURST: "has a default",
};

test("The function app is given the settings that the app and the platform read, and no other", () => {
  const expected = SETTING_NAMES.filter((name) => !(name in NOT_IN_AZURE));

  expect([...settings().keys()].sort()).toEqual([...expected, ...OF_THE_PLATFORM].sort());
  expect(SETTING_NAMES).toEqual(expect.arrayContaining(Object.keys(NOT_IN_AZURE)));
});

test("The host reaches its storage by name in the public cloud, and by addresses in others", () => {
  const text = file("modules/function-app.bicep").text;
  const [, condition, inPublic, inOthers] =
    /var hostStorageSettings = (.+)\n +\? \{([^}]*)\}\n +: \{([^}]*)\}/.exec(text) ?? [];

  expect(condition).toBe("environment().name == 'AzureCloud'");
  expect(namesIn(inPublic)).toEqual(["AzureWebJobsStorage__accountName"]);
  expect(namesIn(inOthers)).toEqual([
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
  ]);
  expect(text).toContain("union(connectionSettings, hostStorageSettings, {");
});

function namesIn(object = ""): string[] {
  return [...object.matchAll(/(\w+):/g)].map(([, name]) => name ?? "");
}

test("The app starts on the settings of Azure alone, with an identity for everything", () => {
  const values: Readonly<Record<string, string>> = {
    PUBLIC_BASE_URL: "https://integration.example.com",
    TENANT_ID: "0aff5f1b-2a28-4c2e-9c7e-0a9a7e1fb9d0",
    TOKEN_AUDIENCES: "https://integration.example.com,client,api://client",
    DataStorage__blobServiceUri: "https://data.blob.core.windows.net",
    DataStorage__tableServiceUri: "https://data.table.core.windows.net",
    ServiceBus__fullyQualifiedNamespace: "bus.servicebus.windows.net",
    RATE_LIMIT_PER_SECOND: "250",
    TOPIC_ACCESS: "entra,sas",
    RATE_LIMIT_BURST: "5000",
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String((16 + 12) * 1048576),
    CONNECTION_SHOP_DB: "postgres://reader@db.example.com/shop",
  };
  const given = [...settings().keys(), "CONNECTION_SHOP_DB"];

  const config = readConfig(Object.fromEntries(given.map((name) => [name, values[name] ?? name])));

  expect(config).toMatchObject({
    storage: {
      blobServiceUri: "https://data.blob.core.windows.net",
      tableServiceUri: "https://data.table.core.windows.net",
    },
    serviceBus: { namespace: "bus.servicebus.windows.net" },
    managedIdentityClientId: "AZURE_CLIENT_ID",
  });
  expect([...config.connections.keys()]).toEqual(["shop-db"]);
});

test.skipIf(!existsSync(join(ROOT, "local.settings.sample.json")))(
  "local.settings.sample.json gives the settings that the app reads on a development machine",
  () => {
    const sample = parseJsonc(readText("local.settings.sample.json"));
    const given = Object.keys(sample.Values).filter(
      (name) => !/^(?:AzureWebJobs|FUNCTIONS_|CONNECTION_)/.test(name),
    );

    expect(given.sort()).toEqual(SETTING_NAMES.filter((name) => !(name in NOT_LOCAL)).sort());
  },
);

test("instances too small for a body of the largest size are not offered", () => {
  const [, sizes = ""] =
    /@allowed\(\[([\s\d]+)\]\)\s+param instanceMemoryMB/.exec(file("main.bicep").text) ?? [];

  expect(sizes.trim().split(/\s+/).map(Number)).toEqual([2048, 4096]);
});

test("The largest body is one number in Bicep, in the sample and in the app", () => {
  const [, mib] = /param maxBodyMiB int = (\d+)/.exec(file("main.bicep").text) ?? [];
  const [, margin] =
    /FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: string\(\(maxBodyMiB \+ (\d+)\) \* 1048576\)/.exec(
      file("modules/function-app.bicep").text,
    ) ?? [];
  const sample = parseJsonc(readText("local.settings.sample.json"));

  expect((Number(mib) + Number(margin)) * 2 ** 20).toBe(DEFAULT_BODY_SIZE_LIMIT);
  expect(sample.Values.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT).toBe(String(DEFAULT_BODY_SIZE_LIMIT));
  expect(readText("README.md")).toContain(`${mib} MiB`);
});

test("Connections are named as the app reads them, and come from the vault", () => {
  const text = file("modules/function-app.bicep").text;

  expect(text).toContain(`connection => 'CONNECTION_\${toUpper(replace(connection, '-', '_'))}'`);
  expect(text).toContain(
    `connection => '@Microsoft.KeyVault(VaultName=\${vaultName};SecretName=connection-\${connection})'`,
  );
});

test("Every name of the topology is deployed from topology.json", () => {
  const members = [...files.values()]
    .flatMap((root) => descendantsOf(root, "member_expression"))
    .map((node) => node.text)
    .filter((text) => text.startsWith("topology."));
  const { tables = {}, ...others } = topology;
  const names = Object.entries(others).flatMap(([kind, entries]) =>
    Object.keys(entries).map((name) => `topology.${kind}.${name}`),
  );

  expect([...new Set(members)].filter((text) => text.split(".").length === 3).sort()).toEqual(
    names.sort(),
  );
  expect(Object.keys(tables).length).toBeGreaterThan(0);
  expect(file("main.bicep").text).toContain(
    "tables: map(items(topology.tables), table => table.value)",
  );
});

const LOCAL = parseJsonc(readText("infra/local/service-bus.json")).UserConfig.Namespaces[0];
const [LOCAL_RUNS, LOCAL_IMPORTS, LOCAL_ORDERED_IMPORTS, LOCAL_DELIVERIES, LOCAL_TICKS] =
  LOCAL.Queues;
const [LOCAL_TOPIC] = LOCAL.Topics;
const [LOCAL_FAN_OUT] = LOCAL_TOPIC.Subscriptions;

test.each([
  ["topology.queues.runs", LOCAL_RUNS],
  ["topology.queues.imports", LOCAL_IMPORTS],
  ["topology.queues.orderedImports", LOCAL_ORDERED_IMPORTS],
  ["topology.queues.deliveries", LOCAL_DELIVERIES],
  ["topology.queues.ticks", LOCAL_TICKS],
  ["topology.topics.fileAvailable", LOCAL_TOPIC],
  ["topology.subscriptions.fanOut", LOCAL_FAN_OUT],
])("%s behaves in Azure as on one machine", (name, { Properties }) => {
  const SAME = [
    "RequiresSession",
    "RequiresDuplicateDetection",
    "LockDuration",
    "MaxDeliveryCount",
  ];
  const deployed = entity(name);

  const both = SAME.map((property) => {
    const value = deployed.get(`${property.charAt(0).toLowerCase()}${property.slice(1)}`);
    return [property, literal(value) ?? value?.text];
  });

  const expected = SAME.map((property) => [property, Properties[property]?.toString()]);
  expect(both).toEqual(expected);
  expect(expected.some(([, value]) => value !== undefined)).toBe(true);
});

test("Duplicates are dropped for as long as they come, and a resent run is none", () => {
  const windowMinutes = (name: string): number =>
    minutes(literal(entity(name).get("duplicateDetectionHistoryTimeWindow")) ?? "");

  const runs = windowMinutes("topology.queues.runs");

  // start-due-exports.ts sends a queued run again after 1 minute, a running one after 20
  expect(runs).toBeGreaterThan(1);
  expect(runs).toBeLessThan(20);
  // Service Bus keeps no more than 7 days
  expect(windowMinutes("topology.topics.fileAvailable")).toBeGreaterThanOrEqual(24 * 60);
  expect(windowMinutes("topology.topics.fileAvailable")).toBeLessThanOrEqual(7 * 24 * 60);
});

test("The site bears the name of the service in azure.yaml", () => {
  const tag = /'azd-service-name': '(\w+)'/.exec(file("modules/function-app.bicep").text)?.[1];

  expect(readText("azure.yaml")).toMatch(new RegExp(`^services:\n {2}${tag}:$`, "m"));
});

/** The app's settings as Bicep makes them. */
function settings(): ReadonlyMap<string, Node> {
  const declared = declarations(file("modules/function-app.bicep"), "resource_declaration").find(
    (node) => resourceType(node).type === "Microsoft.Web/sites/config",
  );
  const given = declared === undefined ? undefined : valueAt(bodyOf(declared), "properties");
  const object = given?.childForFieldName("arguments")?.namedChildren.at(-1);
  return object === undefined ? new Map() : propertiesOf(object);
}

/** The properties of the queue, topic or subscription that has a name of the topology. */
function entity(name: string): ReadonlyMap<string, Node> {
  const found = declarations(file("modules/service-bus.bicep"), "resource_declaration")
    .filter((node) => !isExisting(node))
    .find((node) => valueAt(bodyOf(node), "name")?.text === name);
  const properties = found === undefined ? undefined : valueAt(bodyOf(found), "properties");
  if (properties === undefined) {
    throw new Error(`Cannot find "${name}" in modules/service-bus.bicep`);
  }
  return propertiesOf(properties);
}

/** Minutes of an ISO 8601 duration of days, or of hours and minutes. */
function minutes(duration: string): number {
  const [, days = 0, hours = 0, rest = 0] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration) ?? [];
  return (Number(days) * 24 + Number(hours)) * 60 + Number(rest);
}

function file(path: string): Node {
  const root = files.get(path);
  if (root === undefined) {
    throw new Error(`Cannot find "${path}"`);
  }
  return root;
}

function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function readJson(path: string): Record<string, object> {
  return JSON.parse(readText(path));
}
