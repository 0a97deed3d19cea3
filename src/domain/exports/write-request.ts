import type { ExportDefinition } from "../definitions/definitions.ts";
import type { FilePath } from "../files.ts";
import type { CursorOwner } from "./export-cursor.ts";
import type { Checkpoint } from "./run.ts";

/** The file to write, its start, and the saving of places on the way. */
export interface ExportFileRequest {
  readonly definition: ExportDefinition;
  readonly mode: "full" | "incremental";
  /** The export's cursor; null: it never ran. */
  readonly cursor: string | null;
  /** Owner of the cursor to continue from and of the next one. */
  readonly owner: CursorOwner;
  readonly path: FilePath;
  readonly writtenAt: Date;
  /** Most rows of each entity; null: all. */
  readonly maxRows: number | null;
  readonly signal: AbortSignal;
  /** Number of the writing attempt. */
  readonly attempt: number;
  /** Saves the place; null: never. */
  readonly saving: Saving | null;
}

/** The part of a checkpoint that concerns the writing itself. */
export type SavedPlace = Pick<Checkpoint, "file" | "archive" | "ended" | "entity">;

export interface Saving {
  /** Place where an earlier attempt stopped; null: at the beginning. */
  readonly from: SavedPlace | null;
  /**
   * Whether it is time to save the place.
   * @param where between two batches, or between two entities, where a place is worth more: the next entity may have
   *   none
   */
  isDue(where: "batch" | "entity"): boolean;
  /**
   * @returns whether to continue after it; if not, another attempt does
   * @throws AppError `source-invalid` when the source was at this place before
   */
  save(place: SavedPlace): Promise<boolean>;
}
