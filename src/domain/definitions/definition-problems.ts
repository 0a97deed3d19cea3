import { requirePassable } from "../deliveries/subscription-filter.ts";
import { wayOf } from "../deliveries/ways/ways.ts";
import type { FieldProblem } from "../errors.ts";
import { parseFilter } from "../filters/parse-filter.ts";
import { containerOf, isOfPattern } from "../ids.ts";
import type { ImportDefinition } from "../imports/import-definition.ts";
import {
  importConnectorProblems,
  importProblems,
  problemIn,
  targetProblems,
} from "../imports/import-problems.ts";
import type { Ports } from "../ports.ts";
import type { Connections } from "../source.ts";
import type {
  ConnectorDefinition,
  DefinitionBody,
  DefinitionKind,
  ExportDefinition,
  SubscriptionDefinition,
} from "./definitions.ts";
import { eachDefinition } from "./each-definition.ts";

interface Definition {
  readonly kind: DefinitionKind;
  readonly id: string;
  readonly body: DefinitionBody<DefinitionKind>;
}

type ProblemPorts = Pick<Ports, "definitions" | "subscriptions" | "topic">;

/** Problems that a schema alone cannot find: missing names, and texts in a language of their own. */
export async function definitionProblems(
  ports: ProblemPorts & { readonly connections: Connections },
  definition: Definition,
): Promise<FieldProblem[]> {
  const alone = problemsAlone(ports.connections, definition.kind, definition.body);
  const amongOthers = await problemsAmongOthers(ports, definition);
  return [
    ...alone,
    ...amongOthers.filter(({ field }) => !alone.some((one) => one.field === field)),
  ];
}

/** Warnings about definitions that are valid but probably wrong: file types that no export publishes yet. */
export async function definitionWarnings(
  ports: Pick<Ports, "definitions">,
  { kind, body }: Pick<Definition, "kind" | "body">,
): Promise<string[]> {
  if (kind !== "subscriptions") {
    return [];
  }
  const published = new Set<string>();
  for await (const {
    body: { fileType },
  } of eachDefinition(ports, "exports")) {
    published.add(fileType);
  }
  for await (const {
    body: { entities },
  } of eachDefinition(ports, "imports")) {
    for (const { target } of entities) {
      published.add("fileType" in target ? target.fileType : "");
    }
  }
  return (body as SubscriptionDefinition).fileTypes
    .filter((pattern) => ![...published].some((fileType) => isOfPattern(fileType, pattern)))
    .map((fileType) => `nothing publishes files of type "${fileType}" yet`);
}

/**
 * Problems that can be found without other definitions. They are also checked whenever a definition is read. Its
 * connection may be gone, or a newer version may have stored a filter that this version does not know.
 */
export function problemsAlone(
  connections: Connections,
  kind: DefinitionKind,
  body: DefinitionBody<DefinitionKind>,
): FieldProblem[] {
  switch (kind) {
    case "connectors":
      return [];
    case "exports":
      return (body as ExportDefinition).entities.flatMap((entity, index) => [
        ...problemIn(`entities[${index}].source.connection`, () =>
          connections.get(entity.source.connection),
        ),
        ...problemIn(
          `entities[${index}].filter`,
          () => entity.filter && parseFilter(entity.filter),
        ),
      ]);
    case "imports":
      return targetProblems(connections, body as ImportDefinition);
    case "subscriptions": {
      const { filter, via } = body as SubscriptionDefinition;
      return [
        ...problemIn("filter", () => filter && parseFilter(filter)),
        ...(wayOf(via).problemsAlone?.(connections, via) ?? []),
      ];
    }
  }
}

async function problemsAmongOthers(
  ports: ProblemPorts,
  { kind, id, body }: Definition,
): Promise<FieldProblem[]> {
  switch (kind) {
    case "connectors": {
      const connector = body as ConnectorDefinition;
      return connector.direction === "import" ? importConnectorProblems(ports, id, connector) : [];
    }
    case "exports":
      return spellingProblems(ports, [["fileType", (body as ExportDefinition).fileType]]);
    case "imports":
      return importProblems(ports, id, body as ImportDefinition);
    case "subscriptions":
      return subscriptionProblems(ports, id, body as SubscriptionDefinition);
  }
}

/**
 * File types that an export has in another spelling. Two types that differ only in case would share a container, and
 * its readers.
 */
async function spellingProblems(
  ports: Pick<Ports, "definitions">,
  fileTypes: readonly (readonly [field: string, fileType: string])[],
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  for await (const { id, body } of eachDefinition(ports, "exports")) {
    for (const [field, fileType] of fileTypes) {
      if (fileType !== body.fileType && containerOf(fileType) === containerOf(body.fileType)) {
        const message = `must be spelled "${body.fileType}", as export "${id}" has it`;
        problems.push({ field, message });
      }
    }
  }
  return problems;
}

async function subscriptionProblems(
  ports: ProblemPorts,
  id: string,
  body: SubscriptionDefinition,
): Promise<FieldProblem[]> {
  const { fileTypes, filter, via } = body;
  return [
    ...problemIn("filter", () => filter && requirePassable(fileTypes, filter)),
    ...(await wayOf(via).problems(ports, via, { id, body })),
    ...(await spellingProblems(
      ports,
      body.fileTypes.map((fileType, index) => [`fileTypes[${index}]`, fileType]),
    )),
  ];
}
