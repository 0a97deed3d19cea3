import type { OrderedRun } from "./run.ts";

/** The run of an export that an execution id stands for. */
export interface Execution {
  readonly executionId: string;
  readonly exportId: string;
  /** As it was ordered; how far it is stands with the run itself. */
  readonly run: OrderedRun;
}

/**
 * Which runs partners know under which ids. Ids are matched as they are, letter by letter; neither exports nor
 * applications share them, so that no partner meets the ids of another.
 */
export interface Executions {
  /**
   * @returns what the id stands for at this export and for this application: the given one, or an earlier one, and
   * nothing is changed then
   */
  claim(execution: Execution): Promise<Execution>;
  /** Lets the id stand for another run of the same export, for the same application. */
  replace(execution: Execution): Promise<void>;
  /** What the id stands for, at each export and for each application that knows it. */
  find(executionId: string): Promise<readonly Execution[]>;
}
