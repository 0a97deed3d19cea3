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
import { deleteDefinitionRow, putDefinitionRow } from "./table-definition-changes.ts";
import { changesOf, HISTORIES } from "./table-definition-history.ts";
import { firstRows, fromRow, getRow, type TableRow } from "./table-rows.ts";

type Stored = Omit<StoredDefinition<DefinitionKind>, "etag">;

export interface DefinitionCheck {
  /** Faults of a definition that fits its schema but cannot be used, e.g. a missing connection. */
  problemsOf(kind: DefinitionKind, body: DefinitionBody<DefinitionKind>): readonly FieldProblem[];
  /** Called once for each stored version that cannot be used. */
  onUnreadable(kind: DefinitionKind, definition: UnreadableDefinition): void;
}

interface Reading extends DefinitionCheck {
  readonly schemas: DefinitionSchemas;
}

const NO_CHECK: DefinitionCheck = { problemsOf: () => [], onUnreadable: () => undefined };

/**
 * Definitions and their histories in one table. A definition and the row of its change are written in one transaction,
 * so they share a partition.
 *
 * | PartitionKey | RowKey | value | more columns |
 * |---|---|---|---|
 * | kind | `<id>` | the definition, with its body, `version` and `updatedBy` | |
 * | `subscriptions` | `~~...` | not a definition | see table-subscription-states.ts |
 * | kind | `~<id>:<999999999 - version>` | not a definition | the definition as that change stored or deleted it, in `was0`, `was1`, ...; `action`, `changedAt`, `changedBy` |
 *
 * The ETag of a definition's row is the version that callers name in conditions. `~` is above all ids, so a list of
 * definitions reads no history. The row of a change has the `writeId` of the definition's row that it stored. If a
 * definition has another `writeId`, an app without histories stored it, and the next change notes it as found.
 *
 * The row of a change is never overwritten. So it is also the guard. If two callers change one definition at the same
 * time, the second finds its number taken, and its transaction fails. (A batched delete ignores ETags.)
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

    put: (kind, definition, condition) => putDefinitionRow(table, { kind, definition, condition }),
    delete: (kind, id, deletion) => deleteDefinitionRow(table, { kind, id, deletion }),
    history: (kind, id, { before, limit }) => changesOf(table, { kind, id, before }, limit),
  };
}

/** Most versions in memory. Versions that were replaced or deleted also count. */
const MAX_KNOWN = 20_000;

type Read = <Kind extends DefinitionKind>(kind: Kind, row: TableRow) => AnyDefinition<Kind>;

/**
 * Reads rows and remembers the result for each version: every tick and every fan-out reads all definitions, and they
 * seldom change.
 */
function reader(reading: Reading): Read {
  const known = new Map<string, AnyDefinition<DefinitionKind>>();
  return <Kind extends DefinitionKind>(kind: Kind, row: TableRow) => {
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

/** Parsed again on the way out, so that members added by a newer version have their defaults. */
function definitionOf<Kind extends DefinitionKind>(
  kind: Kind,
  row: TableRow,
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
  const reason = body.success ? list : `the stored definition does not fit this version: ${list}`;
  return { ...stored, unreadable: reason };
}
