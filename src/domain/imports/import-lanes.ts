/** An import that the queue has handed to this process. */
export interface ImportWork {
  readonly connectorId: string;
  readonly submissionId: string;
  readonly applicationId: string;
  readonly ordered: boolean;
}

/** Shares of one instance, and how much may wait in its memory. */
export interface LaneLimits {
  readonly perConnector: number;
  readonly perPartner: number;
  readonly maxWaiting: number;
}

export interface Lanes<Work> {
  /**
   * @returns whether the work may begin now; otherwise it waits here for a lane. What there is no room for is forgotten:
   *   it is owed in the table, and a tick sends it again
   */
  enter(work: Work): boolean;
  /** The work has ended. */
  leave(work: Work): void;
  /** What has waited longest and may begin now: it has entered. Null: nothing. */
  next(): Work | null;
}

/**
 * Shares an instance's work among connectors and partners: each holds a few lanes at most, whatever it hands in. What
 * waits for a lane keeps nobody's place in the queue.
 *
 * All of it is in memory, and may be lost at any time.
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
      // also what is being worked on: it may have been asked for anew since the work began
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
