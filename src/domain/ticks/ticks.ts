/** `tick`: schedules and what is owed; the others: what is deleted in its time. */
export type Chore = "tick" | "retention" | "storage-sweep";

/** When each chore was done last, by whichever process. */
export interface Ticks {
  last(chore: Chore): Promise<Date | null>;
  note(chore: Chore, at: Date): Promise<void>;
}

export interface TickQueue {
  /** Orders the chores for an instant. Ordering the same instant twice is harmless. */
  send(at: Date): Promise<void>;
}
