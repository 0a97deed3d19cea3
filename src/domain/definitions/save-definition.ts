import { decideStart } from "../deliveries/decide-start.ts";
import { AppError, type FieldProblem } from "../errors.ts";
import { fieldProblems } from "../field-problems.ts";
import { ConnectorId, DefinitionId, ZERO_GUID } from "../ids.ts";
import type { AnyDefinition, Ports, StoredDefinition } from "../ports.ts";
import type { Connections } from "../source.ts";
import { changedMembers } from "./changed-members.ts";
import { definitionProblems } from "./definition-problems.ts";
import type { DraftDefinition } from "./definition-store.ts";
import type { DefinitionBody, DefinitionKind, SubscriptionDefinition } from "./definitions.ts";
import { repeatWhenChanged } from "./repeat-when-changed.ts";

interface Saved<Kind extends DefinitionKind> {
  readonly definition: StoredDefinition<Kind>;
  readonly isNew: boolean;
  /** Names of the members that have changed. Empty: the definition was equal already, and nothing was written. */
  readonly changed: readonly string[];
}

type SavePorts = Pick<
  Ports,
  "definitions" | "subscriptions" | "topic" | "ledger" | "clock" | "ids"
>;

/**
 * Creates or replaces a definition after checking it completely. An equal definition is not written again and keeps its
 * version and ETag. So a pipeline that saves all its definitions every day makes no history.
 *
 * @param input.condition `null`: it must not exist yet; an ETag: it must be that version; `"*"`: any state
 * @param input.applicationId client id of the caller
 * @returns the definition as it is now, and its changed members
 * @throws AppError `definition-invalid` with one problem for each wrong field, `definition-changed`
 */
export async function saveDefinition<Kind extends DefinitionKind>(
  ports: SavePorts & { readonly connections: Connections },
  input: { kind: Kind; id: string; body: unknown; condition: string | null; applicationId: string },
): Promise<Saved<Kind>> {
  const id = definitionId(input.kind, input.id);
  const body = parseBody(ports, input.kind, input.body);
  const problems = await definitionProblems(ports, { kind: input.kind, id, body });
  if (problems.length > 0) {
    throw invalidDefinition(input.kind, problems);
  }
  return repeatWhenChanged(input.condition, () => putDefinition(ports, { ...input, id, body }));
}

/** The new content depends on the stored one, so it is written only if that is unchanged. */
async function putDefinition<Kind extends DefinitionKind>(
  ports: SavePorts,
  input: {
    kind: Kind;
    id: string;
    body: DefinitionBody<Kind>;
    condition: string | null;
    applicationId: string;
  },
): Promise<Saved<Kind>> {
  const { kind, id, body, applicationId } = input;
  const before = await ports.definitions.findAny(kind, id);
  const condition = input.condition === "*" ? (before?.etag ?? null) : input.condition;
  const changed = changedMembers(before?.body, body);
  if (isUsable(before) && before.etag === condition && changed.length === 0) {
    return { definition: before, isNew: false, changed };
  }
  const now = ports.clock.now();
  const keepsSchedule = before !== null && scheduleOf(before.body) === scheduleOf(body);
  // C27
  const definition = await ports.definitions.put(
    kind,
    {
      id,
      body,
      updatedAt: now,
      updatedBy: applicationId,
      scheduleSince: keepsSchedule ? before.scheduleSince : now,
      incarnation: before?.incarnation ?? ports.ids.guid(),
      ...(await startOf(ports, input, before)),
    },
    condition,
  );
  return { definition, isNew: before === null, changed };
}

/** Only a subscription has a start. */
async function startOf(
  ports: SavePorts,
  { kind, id, body }: { kind: DefinitionKind; id: string; body: DefinitionBody<DefinitionKind> },
  before: AnyDefinition<DefinitionKind> | null,
): Promise<Pick<DraftDefinition<DefinitionKind>, "start">> {
  if (kind !== "subscriptions") {
    return {};
  }
  const subscription = { id, body: body as SubscriptionDefinition };
  const stored = before as AnyDefinition<"subscriptions"> | null;
  return { start: await decideStart(ports, stored, subscription) };
}

function isUsable<Kind extends DefinitionKind>(
  definition: AnyDefinition<Kind> | null,
): definition is StoredDefinition<Kind> {
  return definition !== null && !("unreadable" in definition);
}

/** The id in its one canonical form. @throws AppError `definition-invalid` */
export function definitionId(kind: DefinitionKind, text: string): string {
  const result = (kind === "connectors" ? ConnectorId : DefinitionId).safeParse(text);
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
    throw invalidDefinition(kind, fieldProblems(result.error));
  }
  return result.data as DefinitionBody<Kind>;
}

export function invalidDefinition(
  kind: DefinitionKind,
  problems: readonly FieldProblem[],
): AppError {
  const list = problems.map(sentence).join("; ");
  return new AppError("definition-invalid", `Cannot save the definition in "${kind}": ${list}`, {
    problems,
  });
}

/** Some messages continue after the field's name, others are whole sentences. */
function sentence({ field, message }: FieldProblem): string {
  return `${field || "the body"}${/^[A-Z]/.test(message) ? ":" : ""} ${message}`;
}

/** @param body body of any version */
function scheduleOf(body: unknown): string {
  const { schedule = null } = (body ?? {}) as { schedule?: unknown };
  return JSON.stringify(schedule);
}
