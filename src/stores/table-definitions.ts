import { odata, type TableClient, type TableEntityResult } from "@azure/data-tables";
import type {
  DefinitionBody,
  DefinitionKind,
  DefinitionSchemas,
} from "../domain/definitions/definitions.ts";
import { unreadable } from "../domain/definitions/unreadable.ts";
import { AppError, type FieldProblem } from "../domain/errors.ts";
import { fieldProblems } from "../domain/field-problems.ts";
import type {
  AnyDefinition,
  Definitions,
  StoredDefinition,
  UnreadableDefinition,
} from "../domain/ports.ts";
import {
  firstRows,
  fromRow,
  getRow,
  isRowConflict,
  isRowMissing,
  type Key,
  RowTooLargeError,
  rowsWithPrefix,
  toRow,
} from "./table-rows.ts";

type Stored = Omit<StoredDefinition<DefinitionKind>, "etag">;
type Row = TableEntityResult<Record<string, unknown>>;

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

/** Definitions in one table. PartitionKey = kind, RowKey = id; the ETag is the version that callers see. */
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
      const filter = odata`PartitionKey eq ${kind} and RowKey gt ${after}`;
      const rows = await firstRows(table, filter, page.limit + 1);
      const items = rows.slice(0, page.limit).map((row) => read(kind, row));
      return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
    },

    all: async function* (kind) {
      for await (const row of rowsWithPrefix(table, kind, "")) {
        yield read(kind, row);
      }
    },

    put: async (kind, definition, condition) => {
      const key = { partitionKey: kind, rowKey: definition.id };
      const row = rowOf(kind, key, definition);
      try {
        const { etag } = await write(table, row, condition);
        return { ...definition, etag: String(etag) };
      } catch (error) {
        if (!isRowConflict(error)) {
          throw error;
        }
        const stored = await getRow(table, key);
        if (stored !== null && stored.writeId === row.writeId) {
          return { ...definition, etag: String(stored.etag) };
        }
        throw changed("save", kind, definition.id);
      }
    },

    delete: async (kind, id, etag) => {
      const stored = await getRow(table, { partitionKey: kind, rowKey: id });
      if (stored === null) {
        throw new AppError(
          "definition-not-found",
          `Cannot delete "${kind}/${id}": there is no such definition`,
        );
      }
      if (etag !== "*" && etag !== stored.etag) {
        throw changed("delete", kind, id);
      }
      await deleteRow(table, { partitionKey: kind, rowKey: id }, etag);
    },
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

async function deleteRow(table: TableClient, key: Key, etag: string): Promise<void> {
  try {
    await table.deleteEntity(key.partitionKey, key.rowKey, { etag });
  } catch (error) {
    // gone since it was read: by this very request, repeated after a lost answer, or by somebody who wanted the same
    if (!isRowMissing(error)) {
      throw isRowConflict(error) ? changed("delete", key.partitionKey, key.rowKey) : error;
    }
  }
}

function rowOf(kind: DefinitionKind, key: Key, definition: Stored): ReturnType<typeof toRow> {
  try {
    return toRow(key, definition);
  } catch (error) {
    if (error instanceof RowTooLargeError) {
      throw new AppError(
        "definition-invalid",
        `Cannot save "${kind}/${definition.id}": it is larger than a definition may be`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function write(
  table: TableClient,
  row: ReturnType<typeof toRow>,
  condition: string | null,
): Promise<{ etag?: string }> {
  if (condition === null) {
    return table.createEntity(row);
  }
  if (condition === "*") {
    return table.upsertEntity(row, "Replace");
  }
  if (!ETAG_REGEXP.test(condition)) {
    throw changed("save", String(row.partitionKey), String(row.rowKey));
  }
  return table.updateEntity(row, "Replace", { etag: condition });
}

/** What the service gives as ETags. Any other text is no version of anything; the service would call it bad input. */
const ETAG_REGEXP = /^W\/"datetime'[^"]*'"$/;

function changed(verb: string, kind: string, id: string): AppError {
  return new AppError(
    "definition-changed",
    `Cannot ${verb} "${kind}/${id}": it is not the version that the request names; read it again and repeat`,
  );
}

/** Parsed again on the way out, so that members which a newer version added have their defaults. */
function definitionOf<Kind extends DefinitionKind>(
  kind: Kind,
  row: Row,
  reading: Reading,
): AnyDefinition<Kind> {
  const raw = fromRow<Stored>(row);
  // earlier versions did not store an incarnation
  const stored = { ...raw, incarnation: raw.incarnation ?? "", etag: String(row.etag) };
  const body = reading.schemas.kinds[kind].safeParse(stored.body);
  const problems = body.success ? reading.problemsOf(kind, body.data) : fieldProblems(body.error);
  if (body.success && problems.length === 0) {
    return { ...stored, body: body.data as DefinitionBody<Kind> };
  }
  const list = problems.map(({ field, message }) => `${field || "it"} ${message}`).join("; ");
  const reason = body.success ? list : `what is stored does not fit this version: ${list}`;
  return { ...stored, unreadable: reason };
}
