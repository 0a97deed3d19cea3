import { settleOwed } from "../deliveries/settle-owed.ts";
import type { RunTimes } from "../exports/run-times.ts";
import { startDueExports } from "../exports/start-due-exports.ts";
import { sendOwedImports } from "../imports/send-owed-imports.ts";
import type { Ports } from "../ports.ts";
import { scheduleTick } from "./late-ticks.ts";

/**
 * What has to be done again and again, whoever comes to do it: looks at every schedule, settles what is owed for published
 * files, and sends the imports that nobody has begun. May run twice at the same time.
 *
 * One chore that fails holds up no other.
 *
 * @throws the first failure, after every chore had its turn
 */
export async function doChores(ports: Ports, runTimes: RunTimes): Promise<void> {
  const chores = await Promise.allSettled([
    startDueExports(ports, runTimes),
    settleOwed(ports),
    sendOwedImports(ports),
  ]);
  await ports.ticks.note("tick", ports.clock.now());
  // an alert rings when this is not read for a while
  ports.log("tick");
  await scheduleTick(ports);
  for (const chore of chores) {
    if (chore.status === "rejected") {
      throw chore.reason;
    }
  }
}
