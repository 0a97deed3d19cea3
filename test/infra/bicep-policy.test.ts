import { expect, test } from "vitest";
import { policyProblems } from "./bicep-policy.ts";
import { bicepParser, declarations, deployedBicep, resourceType } from "./bicep-tree.ts";

const parse = await bicepParser();
const files = await deployedBicep();

test("Every resource keeps to the policy", () => {
  const problems = [...files].flatMap(([path, root]) =>
    policyProblems(root).map((problem) => `${path}: ${problem}`),
  );

  expect(problems).toEqual([]);
});

test("The policy meets what it is about", () => {
  const types = [...files.values()].flatMap((root) =>
    declarations(root, "resource_declaration").map((node) => resourceType(node).type),
  );

  expect(types).toEqual(
    expect.arrayContaining([
      "Microsoft.Storage/storageAccounts",
      "Microsoft.ServiceBus/namespaces",
      "Microsoft.Web/sites",
      "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
      "Microsoft.Insights/components",
      "Microsoft.OperationalInsights/workspaces",
      "Microsoft.KeyVault/vaults",
      "Microsoft.Authorization/roleAssignments",
    ]),
  );
});

const STORAGE = source("storage-account.bicep");
const SITE = source("function-app.bicep");
const ROLES = source("roles.bicep");
const BUS = source("service-bus.bicep");
const VAULT = source("key-vault.bicep");
const MONITORING = source("monitoring.bicep");

function source(file: string): string {
  return files.get(`modules/${file}`)?.text ?? "";
}

test.each<[string, string, [right: string, wrong: string]]>([
  ["account keys", STORAGE, ["allowSharedKeyAccess: false", "allowSharedKeyAccess: true"]],
  ["account keys by default", STORAGE, ["allowSharedKeyAccess: false", ""]],
  ["a misspelt property", STORAGE, ["allowSharedKeyAccess", "allowSharedKeyAcess"]],
  ["public files", STORAGE, ["allowBlobPublicAccess: false", "allowBlobPublicAccess: true"]],
  ["a public container", STORAGE, ["publicAccess: 'None'", "publicAccess: 'Blob'"]],
  ["old TLS at storage", STORAGE, ["'TLS1_2'", "'TLS1_0'"]],
  ["plain HTTP at storage", STORAGE, ["supportsHttpsTrafficOnly: true", ""]],
  ["plain HTTP at the app", SITE, ["httpsOnly: true", "httpsOnly: false"]],
  ["old TLS at the app", SITE, ["minTlsVersion: '1.2'", "minTlsVersion: '1.0'"]],
  ["publishing by password", SITE, ["allow: false", "allow: true"]],
  ["publishing that nobody closes", SITE, ["name: 'scm'", "name: 'ftp'"]],
  [
    "keys of Service Bus",
    BUS,
    ["disableLocalAuth: !allowServiceBusSas", "disableLocalAuth: false"],
  ],
  ["old TLS at Service Bus", BUS, ["minimumTlsVersion: '1.2'", "minimumTlsVersion: '1.1'"]],
  ["access policies of the vault", VAULT, ["enableRbacAuthorization: true", ""]],
  ["keys of the insights", MONITORING, ["DisableLocalAuth: true", ""]],
  ["keys of the workspace", MONITORING, ["disableLocalAuth: true", ""]],
  ["a preview version", STORAGE, ["@2025-06-01", "@2025-06-01-preview"]],
  ["a type that nobody allowed", STORAGE, ["'Microsoft.Storage/", "'Microsoft.DataLakeStore/"]],
  ["a role of another id", ROLES, ["b7e6dc6d-", "b7e6dc6e-"]],
  ["a role that nobody allowed", ROLES, ["storageBlobDataOwner:", "owner:"]],
  ["a role past the table", ROLES, ["roleDefinitionId: roles.", "roleDefinitionId: other."]],
  [
    "a role that the table lacks",
    ROLES,
    ["roles.keyVaultSecretsUser\n    principalId", "roles.x\n    p"],
  ],
  ["a role for a user", ROLES, ["'ServicePrincipal'", "'User'"]],
])("policyProblems finds %s", (_, text, [right, wrong]) => {
  expect(text).toContain(right);

  expect(policyProblems(parse(text.replace(right, wrong)))).not.toEqual([]);
});

test.each([
  ["keys by method", "var a = account.listKeys()"],
  ["keys by function", "var a = listKeys(account.id, '2025-06-01')"],
  ["a SAS", "var a = account.listAccountSas('2025-06-01', {})"],
  ["a connection string as output", "output a string = insights.properties.ConnectionString"],
  ["a key as output", "output a string = insights.properties.InstrumentationKey"],
  ["a secret as output", "output a string = vault.properties.secrets"],
  ["a secure output", "@secure()\noutput a string = b"],
  ["an account key", "var a = 'AccountName=b;AccountKey=c'"],
  ["a password in a URL", "var a = 'postgres://me:secret@host/shop'"],
])("policyProblems finds %s", (_, text) => {
  expect(policyProblems(parse(text))).toHaveLength(1);
});

test("policyProblems lets a resource that exists already be, but for its version", () => {
  const existing =
    "resource a 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {\n  name: b\n}";

  expect(policyProblems(parse(existing))).toEqual([]);
});
