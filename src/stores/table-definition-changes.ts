import { randomUUID } from "node:crypto";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import type { Deletion, DraftDefinition } from "../domain/definitions/definition-store.ts";
import type { DefinitionKind } from "../domain/definitions/definitions.ts";
import { AppError } from "../domain/errors.ts";
import type { StoredDefinition } from "../domain/ports.ts";
import { storedBody } from "./stored-names.ts";
import {
  type ChangeFacts,
  changeKey,
  changeRow,
  newestChange,
} from "./table-definition-history.ts";
import {
  commitOnce,
  fromRow,
  getRow,
  RowTooLargeError,
  type TableRow,
  toRow,
} from "./table-rows.ts";
import { stateRows } from "./table-subscription-states.ts";

/** Saving and deleting a definition. table-definitions.ts draws the rows, and says why a change happens once. */

/** An ETag that no row has: the definition was replaced or deleted since it was stored. */
const REPLACED = `W/"datetime'replaced'"`;

/** The definition before a change. */
interface Current {
  readonly row: TableRow | null;
  /** Rows that the history lacks, for a definition that an earlier version of the app stored. */
  readonly found: readonly TransactionAction[];
  /** Number of the next change. */
  readonly next: number;
}

export async function putDefinitionRow<Kind extends DefinitionKind>(
  table: TableClient,
  input: {
    kind: Kind;
    definition: DraftDefinition<Kind>;
    condition: string | null;
  },
): Promise<StoredDefinition<Kind>> {
  const { kind, condition } = input;
  const { start, ...definition } = input.definition;
  const { id, updatedAt: at, updatedBy: applicationId } = definition;
  const current = await currentOf(table, kind, id);
  const { row: before, next } = current;
  if (condition !== "*" && condition !== (before?.etag ?? null)) {
    throw changed("save", kind, id);
  }
  const stored = { ...definition, version: next };
  const row = rowOf(kind, stored);
  const write: TransactionAction =
    before === null ? ["create", row] : ["update", row, "Replace", { etag: String(before.etag) }];
  const action = before === null ? "created" : "replaced";
  const change = changeRow(row, changeKey(kind, id, next), { action, at, applicationId });
  const states = kind === "subscriptions" ? stateRows(stored, start) : [];
  if (!(await commitChange(table, [...current.found, write, ...states], change))) {
    throw changed("save", kind, id);
  }
  const after = await getRow(table, { partitionKey: kind, rowKey: id });
  return { ...stored, etag: after?.writeId === row.writeId ? String(after?.etag) : REPLACED };
}

/** @returns the number of the deletion */
export async function deleteDefinitionRow(
  table: TableClient,
  input: { kind: DefinitionKind; id: string; deletion: Deletion },
): Promise<number> {
  const { kind, id, deletion } = input;
  const { etag: condition, at, applicationId } = deletion;
  const { row, found, next } = await currentOf(table, kind, id);
  if (row === null) {
    throw new AppError(
      "definition-not-found",
      `Cannot delete "${kind}/${id}": there is no such definition`,
    );
  }
  if (condition !== "*" && condition !== row.etag) {
    throw changed("delete", kind, id);
  }
  const facts: ChangeFacts = { action: "deleted", at, applicationId };
  const change = changeRow({ ...row, writeId: randomUUID() }, changeKey(kind, id, next), facts);
  const write: TransactionAction = ["delete", { partitionKey: kind, rowKey: id }];
  const states = kind === "subscriptions" ? stateRows({ id, version: next }, undefined) : [];
  if (!(await commitChange(table, [...found, write, ...states], change))) {
    throw changed("delete", kind, id);
  }
  return next;
}

/**
 * The number of the newest change is read before the definition's row. So nobody can change the row afterwards without
 * taking the next number.
 */
async function currentOf(table: TableClient, kind: DefinitionKind, id: string): Promise<Current> {
  const newest = await newestChange(table, kind, id);
  const row = await getRow(table, { partitionKey: kind, rowKey: id });
  const next = newest.version + 1;
  if (row === null || row.writeId === newest.writeId) {
    return { row, found: [], next };
  }
  const { updatedAt: at } = fromRow<{ updatedAt: Date }>(row);
  const facts: ChangeFacts = { action: "found", at, applicationId: null };
  return {
    row,
    found: [["create", changeRow(row, changeKey(kind, id, next), facts)]],
    next: next + 1,
  };
}

/** @returns false when another change was made since the definition was read */
async function commitChange(
  table: TableClient,
  writes: readonly TransactionAction[],
  change: ReturnType<typeof changeRow>,
): Promise<boolean> {
  const { partitionKey, rowKey, writeId } = change;
  const written = { key: { partitionKey, rowKey }, writeId: String(writeId) };
  return commitOnce(table, [...writes, ["create", change]], written);
}

function rowOf<Kind extends DefinitionKind>(
  kind: Kind,
  stored: DraftDefinition<Kind> & { readonly version: number },
): ReturnType<typeof toRow> {
  try {
    return toRow(
      { partitionKey: kind, rowKey: stored.id },
      { ...stored, body: storedBody(kind, stored.body) },
    );
  } catch (error) {
    if (error instanceof RowTooLargeError) {
      throw new AppError(
        "definition-invalid",
        `Cannot save "${kind}/${stored.id}": it is larger than a definition may be`,
        { cause: error },
      );
    }
    throw error;
  }
}

function changed(verb: string, kind: string, id: string): AppError {
  return new AppError(
    "definition-changed",
    `Cannot ${verb} "${kind}/${id}": it is not the version that the request names; read it again and repeat`,
  );
}
