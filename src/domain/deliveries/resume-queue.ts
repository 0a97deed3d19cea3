import type { Ports } from "../ports.ts";
import { type DuePorts, hint } from "./note-due.ts";
import { type QueueId, queueFacts } from "./queue-id.ts";

/** Lets a stopped or paused queue go on at once, as if its receiver had never failed. Doing so twice is fine. */
export async function resumeQueue(
  ports: DuePorts & Pick<Ports, "clock">,
  queueId: QueueId,
): Promise<void> {
  for (;;) {
    const queue = await ports.ownQueues.find(queueId);
    if (queue === null || (queue.stopped === null && queue.pausedUntil === null)) {
      return;
    }
    const dueAt = ports.clock.now();
    const healthy = { dueAt, failures: 0, pausedUntil: null, stopped: null };
    if (await ports.ownQueues.replace(queue, healthy)) {
      ports.log("endpoint-resumed", queueFacts(queueId));
      await hint(ports, queueId, dueAt);
      return;
    }
  }
}
