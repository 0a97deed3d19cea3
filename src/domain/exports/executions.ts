import type { OrderedRun } from "./run.ts";

/** The run of an execution id at an export. */
export interface Execution {
  readonly executionId: string;
  readonly exportId: string;
  /** The run as ordered; the run itself has its progress. */
  readonly run: OrderedRun;
}

/**
 * Runs by the ids that partners use for them. Ids are matched letter by letter. Neither exports nor applications share
 * them, so that no partner meets the ids of another.
 */
export interface Executions {
  /**
   * @returns the execution of the id at this export and for this application: the given one, or an earlier one without
   *   a change
   */
  claim(execution: Execution): Promise<Execution>;
  /** Lets the id stand for another run of the same export, for the same application. */
  replace(execution: Execution): Promise<void>;
  /** Executions of the id, for each export and application that knows it. */
  find(executionId: string): Promise<readonly Execution[]>;
}
