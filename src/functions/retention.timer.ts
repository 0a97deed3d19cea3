import { app } from "@azure/functions";
import type { Ports } from "../domain/ports.ts";
import { deleteOldFiles } from "../domain/publishing/delete-old-files.ts";

/** Deletes files that were kept long enough. */
export function registerRetention(ports: Ports): void {
  app.timer("retention", {
    schedule: "0 */10 * * * *",
    handler: async () => {
      await deleteOldFiles(ports);
    },
  });
}
