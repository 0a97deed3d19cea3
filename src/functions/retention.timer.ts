import { app } from "@azure/functions";
import type { Ports } from "../domain/ports.ts";
import { cleanUp } from "../domain/ticks/clean-ups.ts";

/** The rest is left to the next one. */
const MAX_CLEAN_UP_MS = 8 * 60_000;

/** Deletes what was kept long enough: published files, and everything else that is stored. */
export function registerRetention(ports: Ports): void {
  app.timer("retention", {
    schedule: "0 */10 * * * *",
    handler: async () => {
      await cleanUp(ports, "retention", AbortSignal.timeout(MAX_CLEAN_UP_MS));
    },
  });
  app.timer("storage-sweep", {
    schedule: "0 5 * * * *",
    handler: async () => {
      await cleanUp(ports, "storage-sweep", AbortSignal.timeout(MAX_CLEAN_UP_MS));
    },
  });
}
