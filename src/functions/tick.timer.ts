import { app } from "@azure/functions";
import { startDueExports } from "../domain/exports/start-due-exports.ts";
import type { Ports } from "../domain/ports.ts";
import { announceForgottenEntries } from "../domain/publishing/announce-entries.ts";

/** Looks at every schedule, and announces what a crash left unannounced. */
export function registerTick(ports: Ports): void {
  app.timer("tick", {
    schedule: "%TICK_SCHEDULE%",
    handler: async () => {
      await startDueExports(ports);
      await announceForgottenEntries(ports);
    },
  });
}
