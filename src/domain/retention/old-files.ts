import { DAY_MS } from "../../formats/day.ts";
import type { ListedFile } from "../files.ts";
import type { Ports } from "../ports.ts";

/** Number of files in one request. */
const PAGE_FILES = 1_000;

export type SweepPorts = Pick<Ports, "files" | "clock" | "log">;

export interface Folder {
  readonly container: string;
  readonly prefix: string;
}

/**
 * The files of a folder that have not changed for a day, page by page. A younger file may still be in the making, and
 * no retention is shorter.
 *
 * A listing only finds files. The rows about each file decide whether it is deleted.
 *
 * @param signal ends the listing early; the next sweep finds the rest
 */
export async function* oldFiles(
  ports: SweepPorts,
  folder: Folder,
  signal: AbortSignal,
): AsyncGenerator<ListedFile> {
  let after: string | null = null;
  do {
    const page = await ports.files.list(folder, { limit: PAGE_FILES, after });
    for (const file of page.items) {
      if (signal.aborted) {
        return;
      }
      if (isOver(ports, file.changedAt, 1)) {
        yield file;
      }
    }
    after = page.next;
  } while (after !== null);
}

/** Whether so many days have passed since. */
export function isOver(ports: Pick<Ports, "clock">, since: Date, days: number): boolean {
  return ports.clock.now().getTime() - since.getTime() >= days * DAY_MS;
}

/**
 * Deletes a file that no row names, a day after its time has come. By then no process can still be about to write that
 * row.
 *
 * @returns whether it was deleted
 */
export async function deleteStray(
  ports: SweepPorts,
  { path, changedAt }: ListedFile,
  days: number,
): Promise<boolean> {
  if (!isOver(ports, changedAt, days + 1)) {
    return false;
  }
  await ports.files.delete(path);
  ports.log("stray-file-deleted", { container: path.container, name: path.name });
  return true;
}
