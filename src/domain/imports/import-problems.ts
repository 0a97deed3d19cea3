import type { ConnectorOf } from "../definitions/definitions.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import { wayOf } from "../deliveries/ways/ways.ts";
import { type FieldProblem, isAppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { Connections } from "../source.ts";
import type { ImportDefinition, ImportEntity } from "./import-definition.ts";
import { checkColumns } from "./plan-rows.ts";

type ProblemPorts = Pick<Ports, "definitions">;

/** Problems of an import by itself: missing connections, values that do not fit their type. */
export function targetProblems(
  connections: Connections,
  { entities }: ImportDefinition,
): FieldProblem[] {
  return entities.flatMap((entity, index) =>
    entityProblems(connections, entity, `entities[${index}]`),
  );
}

/** Problems of an import with its connectors. */
export async function importProblems(
  ports: ProblemPorts,
  id: string,
  body: ImportDefinition,
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  for await (const connector of eachDefinition(ports, "connectors")) {
    if (
      connector.body.direction === "import" &&
      connector.body.import === id &&
      connector.body.content !== contentOf(body)
    ) {
      const message = `must fit connector "${connector.id}", which takes content "${connector.body.content}"`;
      problems.push({ field: "format.kind", message });
    }
  }
  return problems;
}

/** Problems of an import connector. */
export async function importConnectorProblems(
  ports: ProblemPorts,
  id: string,
  body: ConnectorOf<"import">,
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  const definition = await ports.definitions.find("imports", body.import);
  if (definition === null) {
    problems.push({ field: "import", message: "is not the id of an import" });
  } else if (contentOf(definition.body) !== body.content) {
    const { kind } = definition.body.format;
    problems.push({ field: "content", message: `must fit the import, which reads ${kind}` });
  }
  for await (const subscription of eachDefinition(ports, "subscriptions")) {
    if (wayOf(subscription.body.via).connectorOf(subscription.body.via) === id) {
      const message = `must be "export" as long as subscription "${subscription.id}" delivers here`;
      problems.push({ field: "direction", message });
    }
  }
  return problems;
}

function contentOf({ format }: ImportDefinition): "file" | "package" {
  return format.kind === "package" ? "package" : "file";
}

function entityProblems(
  connections: Connections,
  { columns, target }: ImportEntity,
  field: string,
): FieldProblem[] {
  return [
    ...problemIn(
      `${field}.target.connection`,
      () => "connection" in target && connections.get(target.connection),
    ),
    ...(columns ?? []).flatMap((column, index) =>
      problemIn(`${field}.columns[${index}]`, () => checkColumns([column])),
    ),
  ];
}

/** The error of a check, as a problem of the field. */
export function problemIn(field: string, check: () => unknown): FieldProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!isAppError(error)) {
      throw error;
    }
    return [{ field, message: error.message }];
  }
}
