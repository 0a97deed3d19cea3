import { odata, type TableClient, type TableEntityResult } from "@azure/data-tables";
import {
  DEFINITION_KINDS,
  type DefinitionBody,
  type DefinitionKind,
} from "../contracts/definitions.ts";
import { AppError } from "../domain/errors.ts";
import { fieldProblems } from "../domain/field-problems.ts";
import type { Definitions, StoredDefinition } from "../domain/ports.ts";
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

/** Definitions in one table. PartitionKey = kind, RowKey = id; the ETag is the version that callers see. */
export function tableDefinitions(table: TableClient): Definitions {
  return {
    find: async (kind, id) => {
      const row = await getRow(table, { partitionKey: kind, rowKey: id });
      return row === null ? null : storedOf(kind, row);
    },

    list: async (kind, page) => {
      const after = page.after ?? "";
      const filter = odata`PartitionKey eq ${kind} and RowKey gt ${after}`;
      const rows = await firstRows(table, filter, page.limit + 1);
      const items = rows.slice(0, page.limit).map((row) => storedOf(kind, row));
      return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
    },

    all: async function* (kind) {
      for await (const row of rowsWithPrefix(table, kind, "")) {
        yield storedOf(kind, row);
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

/**
 * Parsed again on the way out, so that members which a newer version added have their defaults.
 *
 * @throws Error that names the definition when this version does not understand what another one stored
 */
function storedOf<Kind extends DefinitionKind>(
  kind: Kind,
  row: TableEntityResult<Record<string, unknown>>,
): StoredDefinition<Kind> {
  const stored = fromRow<Stored>(row);
  const body = DEFINITION_KINDS[kind].safeParse(stored.body);
  if (!body.success) {
    const list = fieldProblems(body.error).map(({ field, message }) => `${field} ${message}`);
    throw new Error(
      `Cannot read "${kind}/${stored.id}": what is stored does not fit this version: ${list.join("; ")}`,
    );
  }
  return {
    ...stored,
    // earlier versions did not store it
    incarnation: stored.incarnation ?? "",
    body: body.data as DefinitionBody<Kind>,
    etag: String(row.etag),
  };
}
