import { app } from "@azure/functions";
import type { Ports } from "../domain/ports.ts";
import { deleteOldFiles } from "../domain/publishing/delete-old-files.ts";
import { sweepStorage } from "../domain/retention/sweep-storage.ts";

/** Stops before the platform ends the whole process: see functionTimeout in host.json. */
const MAX_SWEEP_MS = 8 * 60_000;

/** Deletes what was kept long enough: published files, and everything else that is stored. */
export function registerRetention(ports: Ports): void {
  app.timer("retention", {
    schedule: "0 */10 * * * *",
    handler: async () => {
      await deleteOldFiles(ports);
    },
  });
  app.timer("storage-sweep", {
    schedule: "0 5 * * * *",
    handler: async () => {
      await sweepStorage(ports, AbortSignal.timeout(MAX_SWEEP_MS));
    },
  });
}
