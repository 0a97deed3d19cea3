import { AppError, type FieldProblem, isAppError } from "../errors.ts";
import { fieldProblems } from "../field-problems.ts";
import { ActivityId, DefinitionId, ZERO_GUID } from "../ids.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import type { Connections } from "../source.ts";
import { definitionProblems } from "./definition-problems.ts";
import type { DefinitionBody, DefinitionKind } from "./definitions.ts";

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
  const body = parseBody(ports, input.kind, input.body);
  const problems = await definitionProblems(ports, { kind: input.kind, id, body });
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
  const before = await ports.definitions.findAny(kind, id);
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

function parseBody<Kind extends DefinitionKind>(
  { definitions }: Pick<Ports, "definitions">,
  kind: Kind,
  body: unknown,
): DefinitionBody<Kind> {
  const result = definitions.schemas.kinds[kind].safeParse(body);
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

/** @param body of any version */
function scheduleOf(body: unknown): string {
  const { schedule = null } = (body ?? {}) as { schedule?: unknown };
  return JSON.stringify(schedule);
}
