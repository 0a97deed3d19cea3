/** `tick`: schedules and owed work; `topic`: a look at the topic; the others: deletion of old data. */
export type Chore = "tick" | "topic" | "retention" | "storage-sweep";

/** Time of the last run of each chore, in any process. */
export interface Ticks {
  last(chore: Chore): Promise<Date | null>;
  note(chore: Chore, at: Date): Promise<void>;
}

export interface TickQueue {
  /** Orders the chores for a time. Ordering the same time twice is harmless. */
  send(at: Date): Promise<void>;
}
