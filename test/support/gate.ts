/** A place in somebody's way that stays shut until it is opened. */
export interface Gate {
  /** Waits until the gate is open. */
  pass(): Promise<void>;
  /** Resolves when somebody stands before the gate. */
  readonly arrived: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const arrived = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    pass: async () => {
      arrived.resolve();
      await opened.promise;
    },
    arrived: arrived.promise,
    open: () => opened.resolve(),
  };
}
