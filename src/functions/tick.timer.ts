import { app } from "@azure/functions";
import type { RunTimes } from "../domain/exports/run-times.ts";
import type { Ports } from "../domain/ports.ts";
import { doChores } from "../domain/ticks/do-chores.ts";

/** The chores, by the platform's timer. */
export function registerTick(ports: Ports, runTimes: RunTimes): void {
  app.timer("tick", {
    schedule: "%TICK_SCHEDULE%",
    handler: async () => {
      await doChores(ports, runTimes);
    },
  });
}
