import type { ExportEntity } from "../definitions/definitions.ts";
import { shortDigest } from "../values/digest.ts";

/**
 * How far an export has read, for each of its entities. The ledger and the runs table store its text form.
 *
 * A cursor belongs to its owner: one life of a definition and one file type. Receivers of another file type, or of a
 * deleted and recreated export, have none of the rows that were read before.
 *
 * It also belongs to its source. If the definition names another table, query or connection, the old cursor is not
 * valid for it, and the entity is read in full.
 */
export interface ExportCursor {
  readonly version: 1;
  /** Missing in cursors of earlier versions. */
  readonly owner?: CursorOwner;
  readonly entities: Readonly<Record<string, { readonly source: string; readonly cursor: string }>>;
}

/** Owner of a cursor. */
export interface CursorOwner {
  /** Incarnation of the export's definition. */
  readonly incarnation: string;
  readonly fileType: string;
}

export interface EntityStart {
  readonly cursor: string | null;
  /** Why the entity must be read in full although the export has a cursor; null when it need not. */
  readonly fullBecause: string | null;
}

/** The cursor from which this entity is read. */
export function startOf(
  exportCursor: string | null,
  entity: ExportEntity,
  owner: CursorOwner,
): EntityStart {
  const kept = exportCursor === null ? null : (JSON.parse(exportCursor) as ExportCursor);
  if (kept === null || !Object.hasOwn(kept.entities, entity.name)) {
    return { cursor: null, fullBecause: null };
  }
  const { source, cursor } = kept.entities[entity.name] ?? { source: "", cursor: "" };
  const otherOwner = whyNotOf(kept.owner, owner);
  const fullBecause =
    otherOwner ?? (source === fingerprint(entity) ? null : "the export's source was changed");
  return { cursor: fullBecause === null ? cursor : null, fullBecause };
}

/**
 * Finds out whether a cursor of one owner is valid for another.
 *
 * @param kept undefined: an earlier version stored it, without an owner
 * @returns the reason why not, in words for operators and subscribers; null when it is valid
 */
export function whyNotOf(kept: CursorOwner | undefined, owner: CursorOwner): string | null {
  if ((kept?.incarnation ?? "") !== owner.incarnation) {
    return "the export was deleted and created again";
  }
  return (kept?.fileType ?? owner.fileType) === owner.fileType
    ? null
    : "the export's file type was changed";
}

/** The cursor after a complete run. */
export function nextExportCursor(
  reads: readonly { readonly entity: ExportEntity; readonly cursor: string }[],
  owner: CursorOwner,
): string {
  const entities = reads.map(({ entity, cursor }) => [
    entity.name,
    { source: fingerprint(entity), cursor },
  ]);
  const cursor: ExportCursor = { version: 1, owner, entities: Object.fromEntries(entities) };
  return JSON.stringify(cursor);
}

function fingerprint(entity: ExportEntity): string {
  return shortDigest(entity.source);
}
