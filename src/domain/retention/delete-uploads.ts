import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { everyTurn } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import { isOver, oldFiles, type SweepPorts } from "./old-files.ts";
import { submissionRetention } from "./submission-retention.ts";

/**
 * Deletes what partners have uploaded past the app, when its connector's time has passed since it was written; the
 * default time for packages, which may be handed in at several connectors. No row knows an upload: what was handed in
 * is a copy of it.
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
