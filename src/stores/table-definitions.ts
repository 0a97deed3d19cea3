import { odata, type TableClient } from "@azure/data-tables";
import type { Definitions } from "../domain/definitions/definition-store.ts";
import type {
  DefinitionBody,
  DefinitionKind,
  DefinitionSchemas,
} from "../domain/definitions/definitions.ts";
import { unreadable } from "../domain/definitions/unreadable.ts";
import type { FieldProblem } from "../domain/errors.ts";
import { fieldProblems } from "../domain/field-problems.ts";
import type { AnyDefinition, StoredDefinition, UnreadableDefinition } from "../domain/ports.ts";
import { bodyOf } from "./stored-names.ts";
import { deleteDefinition, putDefinition } from "./table-definition-changes.ts";
import { changesOf, HISTORIES } from "./table-definition-history.ts";
import { firstRows, fromRow, getRow, type Row } from "./table-rows.ts";

type Stored = Omit<StoredDefinition<DefinitionKind>, "etag">;

export interface DefinitionCheck {
  /** What keeps a definition from being used that fits its schema, e.g. a connection that is gone. */
  problemsOf(kind: DefinitionKind, body: DefinitionBody<DefinitionKind>): readonly FieldProblem[];
  /** Told of each stored version that cannot be used, once. */
  onUnreadable(kind: DefinitionKind, definition: UnreadableDefinition): void;
}

interface Reading extends DefinitionCheck {
  readonly schemas: DefinitionSchemas;
}

const NO_CHECK: DefinitionCheck = { problemsOf: () => [], onUnreadable: () => undefined };

/**
 * Definitions and their histories in one table. A definition and the row that tells of its change are written in one
 * transaction, so they stand in one partition.
 *
 * | PartitionKey | RowKey | value | more columns |
 * |---|---|---|---|
 * | kind | `<id>` | the definition, with its body, `version` and `updatedBy` | |
 * | kind | `~<id>:<999999999 - version>` | nothing that is a definition | the definition as that change stored or deleted it, in `was0`, `was1`, ...; `action`, `changedAt`, `changedBy` |
 *
 * The ETag of a definition's row is the version that callers name in conditions. `~` is above all ids: whoever lists
 * definitions reads no history, however long it is. The row of a change has the `writeId` of the definition's row that it
 * stored; a definition with another one was stored by an app that kept no history, and the next change notes it as found.
 *
 * The row of a change is never written twice. So it is also the guard: of two who change one definition at the same time,
 * the second one meets the number that it wanted, and its transaction fails. (A batched delete ignores ETags.)
 */
export function tableDefinitions(
  table: TableClient,
  schemas: DefinitionSchemas,
  check = NO_CHECK,
): Definitions {
  const read = reader({ schemas, ...check });
  const findAny = async <Kind extends DefinitionKind>(
    kind: Kind,
    id: string,
  ): Promise<AnyDefinition<Kind> | null> => {
    const row = await getRow(table, { partitionKey: kind, rowKey: id });
    return row === null ? null : read(kind, row);
  };

  return {
    schemas,
    findAny,

    find: async (kind, id) => {
      const found = await findAny(kind, id);
      if (found !== null && "unreadable" in found) {
        throw unreadable(kind, found);
      }
      return found;
    },

    list: async (kind, page) => {
      const after = page.after ?? "";
      const filter = odata`PartitionKey eq ${kind} and RowKey gt ${after} and RowKey lt ${HISTORIES}`;
      const rows = await firstRows(table, filter, page.limit + 1);
      const items = rows.slice(0, page.limit).map((row) => read(kind, row));
      return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
    },

    all: async function* (kind) {
      const filter = odata`PartitionKey eq ${kind} and RowKey lt ${HISTORIES}`;
      for await (const row of table.listEntities<Record<string, unknown>>({
        queryOptions: { filter },
      })) {
        yield read(kind, row);
      }
    },

    put: (kind, definition, condition) => putDefinition(table, { kind, definition, condition }),
    delete: (kind, id, deletion) => deleteDefinition(table, { kind, id, deletion }),
    history: (kind, id, { before, limit }) => changesOf(table, { kind, id, before }, limit),
  };
}

/** More are not known at the same time; only those that have changed or are gone are known needlessly. */
const MAX_KNOWN = 1_000;

type Read = <Kind extends DefinitionKind>(kind: Kind, row: Row) => AnyDefinition<Kind>;

/**
 * Reads rows. What a version came to is remembered: each tick and each fan-out looks at every definition, and they change
 * seldom.
 */
function reader(reading: Reading): Read {
  const known = new Map<string, AnyDefinition<DefinitionKind>>();
  return <Kind extends DefinitionKind>(kind: Kind, row: Row) => {
    const key = `${kind}/${row.rowKey}`;
    const before = known.get(key);
    if (before !== undefined && before.etag === row.etag) {
      return before as AnyDefinition<Kind>;
    }
    const definition = definitionOf(kind, row, reading);
    if (known.size >= MAX_KNOWN) {
      known.clear();
    }
    known.set(key, definition);
    if ("unreadable" in definition) {
      reading.onUnreadable(kind, definition);
    }
    return definition;
  };
}

/** Parsed again on the way out, so that members which a newer version added have their defaults. */
function definitionOf<Kind extends DefinitionKind>(
  kind: Kind,
  row: Row,
  reading: Reading,
): AnyDefinition<Kind> {
  const raw = fromRow<Stored>(row);
  const stored = {
    ...raw,
    // earlier versions did not store these
    incarnation: raw.incarnation ?? "",
    version: raw.version ?? 0,
    updatedBy: raw.updatedBy ?? null,
    etag: String(row.etag),
  };
  const body = reading.schemas.kinds[kind].safeParse(bodyOf(kind, stored.body));
  const problems = body.success ? reading.problemsOf(kind, body.data) : fieldProblems(body.error);
  if (body.success && problems.length === 0) {
    return { ...stored, body: body.data as DefinitionBody<Kind> };
  }
  const list = problems.map(({ field, message }) => `${field || "it"} ${message}`).join("; ");
  const reason = body.success ? list : `what is stored does not fit this version: ${list}`;
  return { ...stored, unreadable: reason };
}
