import { app } from "@azure/functions";
import topology from "../../infra/topology.json" with { type: "json" };
import type { RunTimes } from "../domain/exports/run-times.ts";
import type { Ports } from "../domain/ports.ts";
import { makeUpForCleanUps } from "../domain/ticks/clean-ups.ts";
import { doChores } from "../domain/ticks/do-chores.ts";
import { isTickLate, scheduleTick } from "../domain/ticks/late-ticks.ts";

/** The rest is left to the next one. */
const MAX_CLEAN_UP_MS = 8 * 60_000;

/** Does the chores that no timer has done. Each message orders the next, so that the chain never ends. */
export function registerTickByMessage(ports: Ports, runTimes: RunTimes): void {
  app.serviceBusQueue("tick-by-message", {
    connection: "ServiceBus",
    queueName: topology.queues.ticks,
    handler: async () => {
      await ((await isTickLate(ports)) ? doChores(ports, runTimes) : scheduleTick(ports));
      await makeUpForCleanUps(ports, AbortSignal.timeout(MAX_CLEAN_UP_MS));
    },
  });
}
