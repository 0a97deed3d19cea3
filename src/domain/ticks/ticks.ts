/** When the chores were done last, by whichever process. */
export interface Ticks {
  last(): Promise<Date | null>;
  note(at: Date): Promise<void>;
}

export interface TickQueue {
  /** Orders the chores for an instant. Ordering the same instant twice is harmless. */
  send(at: Date): Promise<void>;
}
