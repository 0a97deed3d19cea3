import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import { everyTurn } from "../every-turn.ts";
import type { ListedFile } from "../files.ts";
import type { Ports } from "../ports.ts";
import { deleteStray, isOver, oldFiles, type SweepPorts } from "./old-files.ts";

const NAME_REGEXP = /^([^/]+)\/([0-9a-f-]{36})-[0-9a-f-]{36}\.zip$/;

type PackagePorts = SweepPorts & Pick<Ports, "definitions" | "runs">;

/**
 * Deletes ordered packages when the export's time has passed since they were made, and files that attempts left behind.
 * The executions stay known. Files of a run that has not ended stay.
 *
 * @returns how many were deleted
 */
export async function deletePackages(ports: PackagePorts, signal: AbortSignal): Promise<number> {
  const daysOf = new Map<string, number>();
  for await (const { id, body } of eachDefinition(ports, "exports")) {
    daysOf.set(id, body.retentionDays);
  }
  const folder = { container: "packages", prefix: "" };
  return everyTurn(oldFiles(ports, folder, signal), async (file) => {
    const [, exportId, runId] = NAME_REGEXP.exec(file.path.name) ?? [];
    if (exportId === undefined || runId === undefined) {
      return 0;
    }
    const days = daysOf.get(exportId) ?? null;
    return (await deleteIfDue(ports, { file, exportId, runId, days })) ? 1 : 0;
  });
}

async function deleteIfDue(
  ports: PackagePorts,
  owned: { file: ListedFile; exportId: string; runId: string; days: number | null },
): Promise<boolean> {
  const { file, exportId, runId } = owned;
  const run = await ports.runs.find(exportId, runId);
  // retention at the time of the order, for an export that was deleted or cannot be read
  const days = owned.days ?? run?.package?.retentionDays ?? DEFAULT_RETENTION_DAYS;
  if (run !== null && run.endedAt === null) {
    return false;
  }
  if (run?.endedAt == null || run.result?.packageFile?.name !== file.path.name) {
    return deleteStray(ports, file, days);
  }
  if (!isOver(ports, run.endedAt, days)) {
    return false;
  }
  await ports.files.delete(file.path);
  ports.log("package-deleted", { exportId, runId });
  return true;
}
