/** A gate in the code under test: it stays shut until the test opens it. */
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
