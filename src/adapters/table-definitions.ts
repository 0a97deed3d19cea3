import { odata, type TableClient, type TableEntityResult } from "@azure/data-tables";
import {
  DEFINITION_KINDS,
  type DefinitionBody,
  type DefinitionKind,
} from "../contracts/definitions.ts";
import { AppError } from "../domain/errors.ts";
import type { Definitions, StoredDefinition } from "../domain/ports.ts";
import {
  firstRows,
  fromRow,
  getRow,
  isStatus,
  rowsWithPrefix,
  toRow,
  wasWrittenBy,
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
      const row = toRow(key, definition);
      try {
        const { etag } = await write(table, row, condition);
        return { ...definition, etag: String(etag) };
      } catch (error) {
        if (!isStatus(error, 404, 409, 412)) {
          throw error;
        }
        const stored = await getRow(table, key);
        if (stored !== null && (await wasWrittenBy(table, key, String(row.writeId)))) {
          return { ...definition, etag: String(stored.etag) };
        }
        throw changed("save", kind, definition.id);
      }
    },

    delete: async (kind, id, etag) => {
      try {
        await table.deleteEntity(kind, id, { etag });
      } catch (error) {
        if (isStatus(error, 412)) {
          throw changed("delete", kind, id);
        }
        if (isStatus(error, 404)) {
          throw new AppError(
            "definition-not-found",
            `Cannot delete "${kind}/${id}": there is no such definition`,
          );
        }
        throw error;
      }
    },
  };
}

async function write(
  table: TableClient,
  row: ReturnType<typeof toRow>,
  condition: string | null,
): Promise<{ etag?: string }> {
  if (condition === null) {
    return table.createEntity(row);
  }
  return condition === "*"
    ? table.upsertEntity(row, "Replace")
    : table.updateEntity(row, "Replace", { etag: condition });
}

function changed(verb: string, kind: string, id: string): AppError {
  return new AppError(
    "definition-changed",
    `Cannot ${verb} "${kind}/${id}": it is not the version that the request names; read it again and repeat`,
  );
}

/** Parsed again on the way out, so that members which a newer version added have their defaults. */
function storedOf<Kind extends DefinitionKind>(
  kind: Kind,
  row: TableEntityResult<Record<string, unknown>>,
): StoredDefinition<Kind> {
  const stored = fromRow<Stored>(row);
  const body = DEFINITION_KINDS[kind].parse(stored.body) as DefinitionBody<Kind>;
  return { ...stored, body, etag: String(row.etag) };
}
