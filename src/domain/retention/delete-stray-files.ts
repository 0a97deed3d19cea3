import { eachDefinition } from "../definitions/each-definition.ts";
import { everyTurn } from "../every-turn.ts";
import type { ListedFile } from "../files.ts";
import { containerOf } from "../ids.ts";
import { retentionOf } from "../ledger/delete-old-files.ts";
import type { Ports } from "../ports.ts";
import { isOwed } from "../submissions/submission.ts";
import { deleteStray, oldFiles, type SweepPorts } from "./old-files.ts";

const NAME_REGEXP = /^[^/]+\/\d{4}-\d{2}-\d{2}\/([0-9a-f-]{36})-([0-9a-f-]{36})\.[^/]+$/;

type StrayPorts = SweepPorts & Pick<Ports, "definitions" | "ledger" | "runs" | "submissions">;

/**
 * Deletes files in the containers of file types that are not in the ledger. Attempts wrote them, but their runs failed
 * for good or published another file. Files in the ledger belong to {@link deleteOldFiles}.
 *
 * @returns how many were deleted
 */
export async function deleteStrayFiles(ports: StrayPorts, signal: AbortSignal): Promise<number> {
  const daysOf = await retentionOf(ports);
  const exportsOf = await exportsByFileType(ports);
  const imported = await importedFileTypes(ports);
  const fileTypes = new Set([
    ...(await ports.ledger.fileTypes()),
    ...exportsOf.keys(),
    ...imported,
  ]);
  return everyTurn(fileTypes, async (fileType) => {
    const folder = { container: containerOf(fileType), prefix: `${fileType}/` };
    const exportIds = exportsOf.get(fileType) ?? [];
    const days = daysOf({ fileType });
    return everyTurn(oldFiles(ports, folder, signal), async (file) => {
      const isStray = !(await isNeeded(ports, file, { fileType, exportIds }));
      return isStray && (await deleteStray(ports, file, days)) ? 1 : 0;
    });
  });
}

async function exportsByFileType(
  ports: Pick<Ports, "definitions">,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const exportsOf = new Map<string, string[]>();
  for await (const { id, body } of eachDefinition(ports, "exports")) {
    exportsOf.set(body.fileType, [...(exportsOf.get(body.fileType) ?? []), id]);
  }
  return exportsOf;
}

async function importedFileTypes(ports: Pick<Ports, "definitions">): Promise<readonly string[]> {
  const fileTypes: string[] = [];
  for await (const { body } of eachDefinition(ports, "imports")) {
    for (const { target } of body.entities) {
      fileTypes.push(...("fileType" in target ? [target.fileType] : []));
    }
  }
  return fileTypes;
}

/** Whether the file is published, or may still be. A file with another kind of name does not belong to this sweep. */
async function isNeeded(
  ports: StrayPorts,
  { path }: ListedFile,
  { fileType, exportIds }: { fileType: string; exportIds: readonly string[] },
): Promise<boolean> {
  const [, executionId, fileId] = NAME_REGEXP.exec(path.name) ?? [];
  if (executionId === undefined || fileId === undefined) {
    return true;
  }
  // exports publish one file for each run, imports one for each execution and entity
  const entry =
    (await ports.ledger.findByOrigin(fileType, executionId)) ??
    (await ports.ledger.findByOrigin(fileType, fileId));
  return entry === null ? isUnderWay(ports, executionId, exportIds) : entry.path.name === path.name;
}

async function isUnderWay(
  ports: StrayPorts,
  executionId: string,
  exportIds: readonly string[],
): Promise<boolean> {
  for (const exportId of exportIds) {
    const run = await ports.runs.find(exportId, executionId);
    if (run !== null) {
      return run.endedAt === null;
    }
  }
  const submission = await ports.submissions.find(executionId);
  return submission !== null && isOwed(submission);
}
