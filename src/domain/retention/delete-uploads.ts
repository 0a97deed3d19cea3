import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { everyTurn } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import { isOver, oldFiles, type SweepPorts } from "./old-files.ts";
import { submissionRetention } from "./submission-retention.ts";

/**
 * Deletes uploads, when the connector's time has passed since they were written. For uploaded packages the default time
 * counts, because several connectors may receive them. No row names an upload: a submission has its own copy.
 *
 * @returns how many were deleted
 */
export async function deleteUploads(
  ports: SweepPorts & Pick<Ports, "definitions">,
  signal: AbortSignal,
): Promise<number> {
  const daysAt = await submissionRetention(ports);
  const folder = { container: "uploads", prefix: "" };
  return everyTurn(oldFiles(ports, folder, signal), async ({ path, changedAt }) => {
    const [connectorId = ""] = path.name.split("/");
    if (!isOver(ports, changedAt, daysAt(connectorId) ?? DEFAULT_RETENTION_DAYS)) {
      return 0;
    }
    await ports.files.delete(path);
    ports.log("upload-deleted", { name: path.name });
    return 1;
  });
}
