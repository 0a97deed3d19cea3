export interface Throttle {
  /**
   * Runs the work when there is room, waiting for it if need be.
   *
   * @returns false at once, without running it, when too much is waiting already
   */
  run(work: () => Promise<void>): Promise<boolean>;
}

/**
 * Limits requests as the platform does: up to `maxConcurrentRequests` in work, the others wait; up to
 * `maxOutstandingRequests` in work or waiting, the others are refused. -1 is no limit.
 */
export function throttle(limits: {
  readonly maxConcurrentRequests: number;
  readonly maxOutstandingRequests: number;
}): Throttle {
  const maxRunning = limits.maxConcurrentRequests < 0 ? Infinity : limits.maxConcurrentRequests;
  const maxTotal = limits.maxOutstandingRequests < 0 ? Infinity : limits.maxOutstandingRequests;
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running + waiting.length >= maxTotal) {
        return false;
      }
      if (running >= maxRunning) {
        // The one that ends hands its place over, so that nobody slips in between.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        running += 1;
      }
      try {
        await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) {
          running -= 1;
        } else {
          next();
        }
      }
      return true;
    },
  };
}
