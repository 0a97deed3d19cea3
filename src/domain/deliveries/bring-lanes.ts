import type { QueueId } from "./queue-id.ts";

/**
 * Shares an instance among the subscriptions' own queues. One invocation works on a queue at a time. Queues whose
 * endpoint failed last hold only some of the instance's places: an endpoint that lets every attempt wait must not hold up
 * the others.
 *
 * Everything is in memory, and may be lost at any time.
 */
export interface BringLanes {
  /** @returns false when another invocation works on the queue: it sees what came */
  enter(queueId: QueueId): boolean;
  /** Called for a queue that has entered. @returns false when all places for failing endpoints are taken */
  enterFailing(queueId: QueueId): boolean;
  leave(queueId: QueueId): void;
}

/** @param maxFailing places for failing endpoints */
export function bringLanes(maxFailing: number): BringLanes {
  const entered = new Set<QueueId>();
  const failing = new Set<QueueId>();
  return {
    enter: (queueId) => {
      const isFree = !entered.has(queueId);
      entered.add(queueId);
      return isFree;
    },
    enterFailing: (queueId) => {
      if (failing.has(queueId) || failing.size < maxFailing) {
        failing.add(queueId);
        return true;
      }
      return false;
    },
    leave: (queueId) => {
      entered.delete(queueId);
      failing.delete(queueId);
    },
  };
}
