import { app } from "@azure/functions";
import topology from "../../infra/topology.json" with { type: "json" };
import type { RunTimes } from "../domain/exports/run-times.ts";
import type { Ports } from "../domain/ports.ts";
import { doChores } from "../domain/ticks/do-chores.ts";
import { isTickLate, scheduleTick } from "../domain/ticks/late-ticks.ts";

/** Does the chores when the timer has not done them. Each message orders the next, so that the chain never ends. */
export function registerTickByMessage(ports: Ports, runTimes: RunTimes): void {
  app.serviceBusQueue("tick-by-message", {
    connection: "ServiceBus",
    queueName: topology.queues.ticks,
    handler: async () => {
      await ((await isTickLate(ports)) ? doChores(ports, runTimes) : scheduleTick(ports));
    },
  });
}
