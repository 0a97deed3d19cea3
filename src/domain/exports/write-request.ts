import type { ExportDefinition } from "../definitions/definitions.ts";
import type { FilePath } from "../files.ts";
import type { CursorOwner } from "./export-cursor.ts";
import type { Checkpoint } from "./run.ts";

/** What file is to be written, from where, and how its place is saved on the way. */
export interface ExportFileRequest {
  readonly definition: ExportDefinition;
  readonly mode: "full" | "incremental";
  /** The export's cursor; null: it never ran. */
  readonly cursor: string | null;
  /** Whose cursor may be gone on from, and whose the next one is. */
  readonly owner: CursorOwner;
  readonly path: FilePath;
  readonly writtenAt: Date;
  /** So many rows of each entity are enough; null: all. */
  readonly maxRows: number | null;
  readonly signal: AbortSignal;
  /** Number of the attempt that writes. */
  readonly attempt: number;
  /** How the place is saved; null: never. */
  readonly saving: Saving | null;
}

/** What a checkpoint says of the writing itself. */
export type SavedPlace = Pick<Checkpoint, "file" | "archive" | "ended" | "entity">;

export interface Saving {
  /** Where an earlier attempt has stopped; null: at the beginning. */
  readonly from: SavedPlace | null;
  /**
   * Whether it is time to save the place.
   * @param where between two batches, or between two entities, where it is worth more: the next may have no place
   */
  isDue(where: "batch" | "entity"): boolean;
  /**
   * @returns whether to go on after it; if not, another attempt does
   * @throws AppError `source-invalid` when the source was at this place before
   */
  save(place: SavedPlace): Promise<boolean>;
}
