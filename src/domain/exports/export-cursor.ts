import type { ExportEntity } from "../definitions/definitions.ts";
import { shortDigest } from "../values/digest.ts";

/**
 * How far an export has read, for each of its entities; the text form is what the ledger and the runs table keep.
 *
 * A cursor belongs to its owner, one life of a definition and one file type: those who receive another file type, or
 * the files of an export that was deleted and created again, have none of the rows that were read before.
 *
 * It also belongs to the source that it was read from. When the definition names another table, query or connection,
 * the old cursor says nothing about the new source, and that entity is read in full.
 */
export interface ExportCursor {
  readonly version: 1;
  /** Missing in what earlier versions kept. */
  readonly owner?: CursorOwner;
  readonly entities: Readonly<Record<string, { readonly source: string; readonly cursor: string }>>;
}

/** Whose cursor it is. */
export interface CursorOwner {
  /** Of the export's definition. */
  readonly incarnation: string;
  readonly fileType: string;
}

export interface EntityStart {
  readonly cursor: string | null;
  /** Why the entity must be read in full although the export has a cursor; null when it need not. */
  readonly fullBecause: string | null;
}

/** Where reading of this entity starts. */
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
 * Whether a cursor that one owner left behind means something to another.
 *
 * @param kept undefined: an earlier version kept it, which knew neither lives nor file types
 * @returns why it does not, in words for an operator and for subscribers; null when it does
 */
export function whyNotOf(kept: CursorOwner | undefined, owner: CursorOwner): string | null {
  if ((kept?.incarnation ?? "") !== owner.incarnation) {
    return "the export was deleted and created again";
  }
  return (kept?.fileType ?? owner.fileType) === owner.fileType
    ? null
    : "the export's file type was changed";
}

/** The cursor that a whole run leaves behind. */
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
