import { createHash } from "node:crypto";
import type { ExportEntity } from "../../contracts/definitions.ts";

/**
 * How far an export has read, for each of its entities; the text form is what the ledger and the runs table keep.
 *
 * A cursor belongs to the source that it was read from. When the definition names another table, query or connection,
 * the old cursor says nothing about the new source, and that entity is read in full.
 */
export interface ExportCursor {
  readonly version: 1;
  readonly entities: Readonly<Record<string, { readonly source: string; readonly cursor: string }>>;
}

export interface EntityStart {
  readonly cursor: string | null;
  /** Why the entity must be read in full although the export has a cursor; null when it need not. */
  readonly fullBecause: string | null;
}

/** Where reading of this entity starts. */
export function startOf(exportCursor: string | null, entity: ExportEntity): EntityStart {
  const entities = exportCursor === null ? {} : (JSON.parse(exportCursor) as ExportCursor).entities;
  const kept = Object.hasOwn(entities, entity.name) ? entities[entity.name] : undefined;
  if (kept === undefined) {
    return { cursor: null, fullBecause: null };
  }
  return kept.source === fingerprint(entity)
    ? { cursor: kept.cursor, fullBecause: null }
    : { cursor: null, fullBecause: "the export's source was changed" };
}

/** The cursor that a whole run leaves behind. */
export function nextExportCursor(
  reads: readonly { readonly entity: ExportEntity; readonly cursor: string }[],
): string {
  const entities = reads.map(({ entity, cursor }) => [
    entity.name,
    { source: fingerprint(entity), cursor },
  ]);
  const cursor: ExportCursor = { version: 1, entities: Object.fromEntries(entities) };
  return JSON.stringify(cursor);
}

function fingerprint(entity: ExportEntity): string {
  return createHash("sha256")
    .update(JSON.stringify(entity.source))
    .digest("base64url")
    .slice(0, 22);
}
