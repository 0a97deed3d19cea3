import { hintDue } from "../deliveries/hint-due.ts";
import { settleOwed } from "../deliveries/settle-owed.ts";
import { tendTopic } from "../deliveries/topics/watch-topic.ts";
import type { RunTimes } from "../exports/run-times.ts";
import { startDueExports } from "../exports/start-due-exports.ts";
import { sendOwedImports } from "../imports/send-owed-imports.ts";
import type { Ports } from "../ports.ts";
import { scheduleTick } from "./late-ticks.ts";

/**
 * Does the repeated work, for any caller: looks at every schedule, settles owed work for published files, hints at
 * deliveries that are overdue, and sends imports that have not begun. May run twice at the same time.
 *
 * A failed chore does not stop the others.
 *
 * @throws the first failure, after an attempt on every chore
 */
export async function doChores(ports: Ports, runTimes: RunTimes): Promise<void> {
  const chores = await Promise.allSettled([
    startDueExports(ports, runTimes),
    tendTopic(ports),
    settleOwed(ports),
    hintDue(ports),
    sendOwedImports(ports),
  ]);
  await ports.ticks.note("tick", ports.clock.now());
  // an alert fires when this line is missing for a while
  ports.log("tick");
  await scheduleTick(ports);
  for (const chore of chores) {
    if (chore.status === "rejected") {
      throw chore.reason;
    }
  }
}
