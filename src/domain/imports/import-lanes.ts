/** An import that the queue has delivered to this process. */
export interface ImportWork {
  readonly connectorId: string;
  readonly submissionId: string;
  readonly applicationId: string;
  readonly ordered: boolean;
}

/** Shares of one instance, and the limit of waiting work in its memory. */
export interface LaneLimits {
  readonly perConnector: number;
  readonly perPartner: number;
  readonly maxWaiting: number;
}

export interface Lanes<Work> {
  /**
   * @returns whether the work may begin now; otherwise it waits here for a lane. Work beyond the limit is dropped: it
   *   is owed in the table, and a tick sends it again
   */
  enter(work: Work): boolean;
  /** Notes that the work has ended. */
  leave(work: Work): void;
  /** The work that has waited longest and may begin now: it has entered. Null: none. */
  next(): Work | null;
}

/**
 * Shares an instance's work among connectors and partners: each holds at most a few lanes, however much it sends. Work
 * that waits for a lane takes no place in the queue.
 *
 * Everything is in memory, and may be lost at any time.
 */
export function importLanes<Work extends ImportWork>(limits: LaneLimits): Lanes<Work> {
  const begun = new Set<string>();
  const waiting = new Map<string, Work>();
  const taken = new Map<string, number>();
  const count = (work: Work, change: 1 | -1): void => {
    for (const { key } of sharesOf(work, limits)) {
      const lanes = (taken.get(key) ?? 0) + change;
      if (lanes === 0) {
        taken.delete(key);
      } else {
        taken.set(key, lanes);
      }
    }
  };
  const enter = (work: Work): boolean => {
    const isFree = sharesOf(work, limits).every(({ key, most }) => (taken.get(key) ?? 0) < most);
    if (isFree && !begun.has(work.submissionId)) {
      waiting.delete(work.submissionId);
      begun.add(work.submissionId);
      count(work, 1);
      return true;
    }
    return false;
  };

  return {
    enter(work) {
      if (enter(work)) {
        return true;
      }
      // even running work: it may have been asked for again since it began
      if (waiting.size < limits.maxWaiting) {
        waiting.set(work.submissionId, work);
      }
      return false;
    },
    leave(work) {
      begun.delete(work.submissionId);
      count(work, -1);
    },
    next() {
      for (const work of waiting.values()) {
        if (enter(work)) {
          return work;
        }
      }
      return null;
    },
  };
}

/** Files of an ordered connector go one at a time. */
function sharesOf(
  { connectorId, applicationId, ordered }: ImportWork,
  { perConnector, perPartner }: LaneLimits,
): readonly { key: string; most: number }[] {
  return [
    { key: `connector:${connectorId}`, most: ordered ? 1 : perConnector },
    { key: `partner:${applicationId}`, most: perPartner },
  ];
}
