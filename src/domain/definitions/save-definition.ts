import {
  type ConnectorDefinition,
  DEFINITION_KINDS,
  type DefinitionBody,
  type DefinitionKind,
  type ExportDefinition,
  type SubscriptionDefinition,
} from "../../contracts/definitions.ts";
import { ActivityId, DefinitionId, ZERO_GUID } from "../../contracts/ids.ts";
import type { ImportDefinition } from "../../contracts/import-definition.ts";
import { AppError, type FieldProblem, isAppError } from "../errors.ts";
import { fieldProblems } from "../field-problems.ts";
import { parseFilter } from "../filters/parse-filter.ts";
import { importConnectorProblems, importProblems, problemIn } from "../imports/import-problems.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import { containerOf } from "../publishing/file-path.ts";
import type { Connections } from "../source.ts";

/** More than ever write one definition at the same moment. */
const MAX_ATTEMPTS = 10;

/**
 * Creates or replaces a definition, after everything about it that can be wrong was checked.
 *
 * @param input.condition `null`: must not exist yet; an ETag: must be that version; `"*"`: whatever is there or not
 * @returns the definition as it is now, and whether it is new
 * @throws AppError `definition-invalid` with one problem for each wrong field, `definition-changed`
 */
export async function saveDefinition<Kind extends DefinitionKind>(
  ports: Pick<Ports, "definitions" | "clock" | "ids"> & { readonly connections: Connections },
  input: { kind: Kind; id: string; body: unknown; condition: string | null },
): Promise<{ definition: StoredDefinition<Kind>; isNew: boolean }> {
  const id = definitionId(input.kind, input.id);
  const body = parseBody(input.kind, input.body);
  const problems = await problemsOf(ports, { kind: input.kind, id, body });
  if (problems.length > 0) {
    throw invalid(input.kind, problems);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await putDefinition(ports, { ...input, id, body });
    } catch (error) {
      // whoever does not care for versions comes after the one who was faster
      const mayRepeat = input.condition === "*" && attempt < MAX_ATTEMPTS;
      if (!(mayRepeat && isAppError(error, "definition-changed"))) {
        throw error;
      }
    }
  }
}

/** What is written follows from what is there, so it is written only if that is still there. */
async function putDefinition<Kind extends DefinitionKind>(
  ports: Pick<Ports, "definitions" | "clock" | "ids">,
  input: { kind: Kind; id: string; body: DefinitionBody<Kind>; condition: string | null },
): Promise<{ definition: StoredDefinition<Kind>; isNew: boolean }> {
  const { kind, id, body, condition } = input;
  const before = await ports.definitions.find(kind, id);
  const now = ports.clock.now();
  const keepsSchedule = before !== null && scheduleOf(before.body) === scheduleOf(body);
  const definition = await ports.definitions.put(
    kind,
    {
      id,
      body,
      updatedAt: now,
      scheduleSince: keepsSchedule ? before.scheduleSince : now,
      incarnation: before?.incarnation ?? ports.ids.guid(),
    },
    condition === "*" ? (before?.etag ?? null) : condition,
  );
  return { definition, isNew: before === null };
}

/** The id in its one canonical form. @throws AppError `definition-invalid` */
export function definitionId(kind: DefinitionKind, text: string): string {
  const result = (kind === "connectors" ? ActivityId : DefinitionId).safeParse(text);
  if (!result.success || result.data === ZERO_GUID) {
    const message = result.error?.issues[0]?.message ?? "must not be the all-zero GUID";
    throw new AppError("definition-invalid", `Cannot use this id in "${kind}": it ${message}`, {
      problems: [{ field: "id", message }],
    });
  }
  return result.data;
}

function parseBody<Kind extends DefinitionKind>(kind: Kind, body: unknown): DefinitionBody<Kind> {
  const result = DEFINITION_KINDS[kind].safeParse(body);
  if (!result.success) {
    throw invalid(kind, fieldProblems(result.error));
  }
  return result.data as DefinitionBody<Kind>;
}

function invalid(kind: DefinitionKind, problems: readonly FieldProblem[]): AppError {
  const list = problems.map(({ field, message }) => `${field || "the body"} ${message}`).join("; ");
  return new AppError("definition-invalid", `Cannot save the definition in "${kind}": ${list}`, {
    problems,
  });
}

/** What no schema can see alone: names that must exist, texts in a language of their own. */
async function problemsOf(
  ports: Pick<Ports, "definitions"> & { readonly connections: Connections },
  { kind, id, body }: { kind: DefinitionKind; id: string; body: DefinitionBody<DefinitionKind> },
): Promise<FieldProblem[]> {
  switch (kind) {
    case "connectors": {
      const connector = body as ConnectorDefinition;
      return connector.direction === "import" ? importConnectorProblems(ports, id, connector) : [];
    }
    case "exports":
      return exportProblems(ports, body as ExportDefinition);
    case "imports":
      return importProblems(ports, id, body as ImportDefinition);
    case "subscriptions":
      return subscriptionProblems(ports, body as SubscriptionDefinition);
  }
}

async function exportProblems(
  ports: Pick<Ports, "definitions"> & { readonly connections: Connections },
  body: ExportDefinition,
): Promise<FieldProblem[]> {
  const problems = body.entities.flatMap((entity, index) => [
    ...problemIn(`entities[${index}].source.connection`, () =>
      ports.connections.get(entity.source.connection),
    ),
    ...problemIn(`entities[${index}].filter`, () => entity.filter && parseFilter(entity.filter)),
  ]);
  return [...problems, ...(await spellingProblems(ports, [["fileType", body.fileType]]))];
}

/**
 * File types that an export has in another spelling. Two that differ only in case would share a container, and whoever
 * is let into it.
 */
async function spellingProblems(
  ports: Pick<Ports, "definitions">,
  fileTypes: readonly (readonly [field: string, fileType: string])[],
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  for await (const { id, body } of ports.definitions.all("exports")) {
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
  ports: Pick<Ports, "definitions">,
  body: SubscriptionDefinition,
): Promise<FieldProblem[]> {
  const connector = await ports.definitions.find("connectors", body.via.activityId);
  return [
    ...problemIn("filter", () => body.filter && parseFilter(body.filter)),
    ...(connector?.body.direction === "export"
      ? []
      : [
          { field: "via.activityId", message: "is not the id of a connector that gives files out" },
        ]),
    ...(await spellingProblems(
      ports,
      body.fileTypes.map((fileType, index) => [`fileTypes[${index}]`, fileType]),
    )),
  ];
}

function scheduleOf(body: DefinitionBody<DefinitionKind>): string {
  return JSON.stringify("schedule" in body ? body.schedule : null);
}
