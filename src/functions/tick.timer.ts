import { app } from "@azure/functions";
import { timesOf } from "../domain/exports/run-times.ts";
import { startDueExports } from "../domain/exports/start-due-exports.ts";
import { sendOwedImports } from "../domain/imports/send-owed-imports.ts";
import type { Ports } from "../domain/ports.ts";
import { announceForgottenEntries } from "../domain/publishing/announce-entries.ts";

/** Looks at every schedule, announces what a crash left unannounced, and sends the imports that nobody has begun. */
export function registerTick(
  ports: Ports,
  { runSilenceSeconds }: { runSilenceSeconds: number },
): void {
  const runTimes = timesOf(runSilenceSeconds * 1_000);
  app.timer("tick", {
    schedule: "%TICK_SCHEDULE%",
    handler: async () => {
      // one that fails holds up no other
      const chores = await Promise.allSettled([
        startDueExports(ports, runTimes),
        announceForgottenEntries(ports),
        sendOwedImports(ports),
      ]);
      for (const chore of chores) {
        if (chore.status === "rejected") {
          throw chore.reason;
        }
      }
    },
  });
}
