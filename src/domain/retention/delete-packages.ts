import { DEFAULT_RETENTION_DAYS } from "../../contracts/definitions.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import type { ListedFile, Ports } from "../ports.ts";
import { deleteStray, isOver, oldFiles, type SweepPorts } from "./old-files.ts";

const NAME_REGEXP = /^([^/]+)\/([0-9a-f-]{36})-[0-9a-f-]{36}\.zip$/;

type PackagePorts = SweepPorts & Pick<Ports, "definitions" | "runs">;

/**
 * Deletes the packages that partners have ordered, when the export's time has passed since they were made, and what
 * attempts left behind. The executions stay known. While a run has not ended, nothing of it is deleted.
 *
 * @returns how many were deleted
 */
export async function deletePackages(ports: PackagePorts, signal: AbortSignal): Promise<number> {
  const days = new Map<string, number>();
  for await (const { id, body } of eachDefinition(ports, "exports")) {
    days.set(id, body.retentionDays);
  }
  let deleted = 0;
  for await (const file of oldFiles(ports, { container: "packages", prefix: "" }, signal)) {
    const [, exportId, runId] = NAME_REGEXP.exec(file.path.name) ?? [];
    if (exportId !== undefined && runId !== undefined) {
      const kept = days.get(exportId) ?? DEFAULT_RETENTION_DAYS;
      deleted += (await deleteIfDue(ports, { file, exportId, runId, days: kept })) ? 1 : 0;
    }
  }
  return deleted;
}

async function deleteIfDue(
  ports: PackagePorts,
  owned: { file: ListedFile; exportId: string; runId: string; days: number },
): Promise<boolean> {
  const { file, exportId, runId, days } = owned;
  const run = await ports.runs.find(exportId, runId);
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
