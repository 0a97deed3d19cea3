import type { Node } from "web-tree-sitter";
import {
  bodyOf,
  declarations,
  decoratorsOf,
  descendantsOf,
  isExisting,
  lineOf,
  literal,
  nameOf,
  propertiesOf,
  resourceType,
  valueAt,
} from "./bicep-tree.ts";

/** Text that a resource must have in the source. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Microsoft.Storage/storageAccounts": {
    "properties.allowSharedKeyAccess": "false",
    "properties.allowBlobPublicAccess": "false",
    "properties.minimumTlsVersion": "'TLS1_2'",
    "properties.supportsHttpsTrafficOnly": "true",
  },
  "Microsoft.Storage/storageAccounts/blobServices/containers": {
    "properties.publicAccess": "'None'",
  },
  "Microsoft.ServiceBus/namespaces": {
    // a parameter that is false by default: keys sign the tokens of temporary endpoints
    "properties.disableLocalAuth": "!allowServiceBusSas",
    "properties.minimumTlsVersion": "'1.2'",
  },
  "Microsoft.Web/sites": {
    "properties.httpsOnly": "true",
    "properties.siteConfig.minTlsVersion": "'1.2'",
  },
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": { "properties.allow": "false" },
  "Microsoft.Insights/components": { "properties.DisableLocalAuth": "true" },
  "Microsoft.OperationalInsights/workspaces": { "properties.features.disableLocalAuth": "true" },
  "Microsoft.KeyVault/vaults": { "properties.enableRbacAuthorization": "true" },
  "Microsoft.Authorization/roleAssignments": { "properties.principalType": "'ServicePrincipal'" },
};

/** Versions that every region knows: none is a preview, none is new. */
const VERSIONS: Readonly<Record<string, string>> = {
  "Microsoft.Authorization": "2022-04-01",
  "Microsoft.Insights/actionGroups": "2023-01-01",
  "Microsoft.Insights/components": "2020-02-02",
  "Microsoft.Insights/metricAlerts": "2018-03-01",
  "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
  "Microsoft.KeyVault": "2025-05-01",
  "Microsoft.ManagedIdentity": "2024-11-30",
  "Microsoft.OperationalInsights": "2025-07-01",
  "Microsoft.Resources/resourceGroups": "2024-11-01",
  "Microsoft.ServiceBus": "2024-01-01",
  "Microsoft.Storage": "2025-06-01",
  "Microsoft.Web": "2024-11-01",
};

/** @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const ROLE_IDS: Readonly<Record<string, string>> = {
  storageBlobDataOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  storageBlobDataContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  storageTableDataContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
  serviceBusDataSender: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
  serviceBusDataOwner: "090c5cfd-751d-490a-894a-3ce6f1109419",
  serviceBusDataReceiver: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
  monitoringMetricsPublisher: "3913510d-42f4-4e42-8a64-420c390055eb",
  keyVaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
};

const SECRET_MEMBER_REGEXP =
  /connectionString|instrumentationKey|(?:primary|secondary|access)Key|secret|password|^keys$/i;
const SECRET_TEXT_REGEXP = /AccountKey=|SharedAccess(?:Key|Signature)=|:\/\/[^/\s'$]+:[^@\s'$]+@/i;

/** @returns one line a breach of what every deployment must keep to */
export function policyProblems(root: Node): string[] {
  return [
    ...declarations(root, "resource_declaration").flatMap(resourceProblems),
    ...publishingProblems(root),
    ...roleProblems(root),
    ...secretProblems(root),
  ];
}

function resourceProblems(declaration: Node): string[] {
  const { type, version } = resourceType(declaration);
  const at = `line ${lineOf(declaration)}: ${type}`;
  const expected = VERSIONS[type] ?? VERSIONS[type.split("/")[0] ?? ""];
  const problems =
    version === expected ? [] : [`${at} has version "${version}"; allowed is "${expected}"`];
  if (!isExisting(declaration)) {
    const body = bodyOf(declaration);
    for (const [path, value] of Object.entries(REQUIRED[type] ?? {})) {
      const found = valueAt(body, path)?.text;
      if (found !== value) {
        problems.push(`${at} has ${path} "${found}"; it must be ${value}`);
      }
    }
  }
  return problems;
}

/** Where a site is made, both ways to publish with a password must be closed. */
function publishingProblems(root: Node): string[] {
  const made = declarations(root, "resource_declaration").filter((node) => !isExisting(node));
  const ofType = (type: string): Node[] => made.filter((node) => resourceType(node).type === type);
  if (ofType("Microsoft.Web/sites").length === 0) {
    return [];
  }
  const closed = ofType("Microsoft.Web/sites/basicPublishingCredentialsPolicies").map((policy) =>
    literal(valueAt(bodyOf(policy), "name")),
  );
  return ["ftp", "scm"]
    .filter((name) => !closed.includes(name))
    .map((name) => `basic publishing by ${name} is not closed`);
}

/** Roles are written once, in `var roles`, and assigned as its members. */
function roleProblems(root: Node): string[] {
  const roles = declarations(root, "variable_declaration").find((node) => nameOf(node) === "roles");
  const table = roles === undefined ? new Map<string, Node>() : propertiesOf(bodyOf(roles));
  const problems = [...table].flatMap(([name, value]) => {
    const id = value.namedChildren.at(-1)?.namedChildren.at(-1);
    return literal(id) === ROLE_IDS[name] && ROLE_IDS[name] !== undefined
      ? []
      : [`line ${lineOf(value)}: role "${name}" is not known, or has another id`];
  });
  const assigned = descendantsOf(root, "object_property").filter(
    (property) => property.firstNamedChild?.text === "roleDefinitionId",
  );
  for (const property of assigned) {
    const [, owner, name = ""] = /^roleDefinitionId: (\w+)\.(\w+)$/.exec(property.text) ?? [];
    if (owner !== "roles" || !table.has(name)) {
      problems.push(`line ${lineOf(property)}: "${property.text}" must be a member of roles`);
    }
  }
  return problems;
}

function secretProblems(root: Node): string[] {
  const calls = descendantsOf(root, "call_expression")
    .map((call) => call.childForFieldName("function"))
    .filter((called) => /(?:^|\.)list[A-Z]\w*$/.test(called?.text ?? ""))
    .map((called) => `calls ${called?.text}, which returns keys`);
  const outputs = declarations(root, "output_declaration").flatMap(outputProblems);
  const texts = descendantsOf(root, "string")
    .filter((text) => SECRET_TEXT_REGEXP.test(text.text))
    .map((text) => `line ${lineOf(text)}: a string holds a secret`);
  return [...calls, ...outputs, ...texts];
}

/** Outputs are kept in the history of deployments, where everybody who may read the group reads them. */
function outputProblems(output: Node): string[] {
  const members = descendantsOf(output, "property_identifier");
  const tellsSecret = members.some((member) => SECRET_MEMBER_REGEXP.test(member.text));
  const isSecure = decoratorsOf(output).some((decorator) => decorator.startsWith("secure("));
  return tellsSecret || isSecure ? [`output "${nameOf(output)}" tells a secret`] : [];
}
