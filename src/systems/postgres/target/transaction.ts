import type { Statements } from "./statements.ts";
import type { WriteSession } from "./write-session.ts";

/** How batches and transactions belong together. */
export interface Transaction {
  /** Called before a batch. Afterwards the batch's stage exists and is empty. */
  begin(): Promise<void>;
  /** Called after a batch that is kept. */
  keep(): Promise<void>;
  /** Called after a failed batch, so that it can be tried again. */
  undo(): Promise<void>;
  /** Called after the last batch. Makes all rows visible that were held back. */
  commit(): Promise<void>;
  /** Whether rows are held back. */
  isOpen(): boolean;
}

export interface TransactionOptions {
  readonly session: WriteSession;
  readonly statements: Pick<Statements, "createStage" | "emptyStage">;
  readonly statementTimeoutMs: number;
}

const LOCK_TIMEOUT_MS = 30_000;
/** Between two statements of a batch the server waits only for us. */
const IDLE_TIMEOUT_MS = 60_000;
/** Between two batches the server waits for the file's next rows. Locks survive a hanging process for this long. */
const IDLE_TIMEOUT_BETWEEN_BATCHES_MS = 900_000;

/** Each batch is a transaction. */
export function transactionEach(options: TransactionOptions): Transaction {
  const { session, statements } = options;
  let isOpen = false;
  const end = async (statement: string) => {
    await session.run(statement);
    isOpen = false;
  };
  return {
    begin: async () => {
      isOpen = true;
      await session.run(`${beginning(options, IDLE_TIMEOUT_MS)} ${statements.createStage}`);
    },
    keep: () => end("commit"),
    undo: () => end("rollback"),
    commit: () => Promise.resolve(),
    isOpen: () => isOpen,
  };
}

/**
 * All batches are one transaction, each in a savepoint.
 *
 * Its cost grows with the file. Changed rows stay locked until the end, and PostgreSQL cleans up no dead rows
 * meanwhile, in the whole database. Some millions of rows, or some minutes, are fine.
 */
export function transactionOverAll(options: TransactionOptions): Transaction {
  const { session, statements } = options;
  let isOpen = false;
  return {
    begin: async () => {
      if (!isOpen) {
        isOpen = true;
        const begin = beginning(options, IDLE_TIMEOUT_BETWEEN_BATCHES_MS);
        await session.run(`${begin} ${statements.createStage}`);
      }
      await session.run(`savepoint waybill_batch; ${statements.emptyStage}`);
    },
    keep: () => session.run("release savepoint waybill_batch"),
    undo: () => session.run("rollback to savepoint waybill_batch; release savepoint waybill_batch"),
    commit: async () => {
      if (isOpen) {
        await session.run("commit");
        isOpen = false;
      }
    },
    isOpen: () => isOpen,
  };
}

/** Settings under which texts are unambiguous, and constraints are checked before the commit. */
function beginning({ statementTimeoutMs }: TransactionOptions, idleTimeoutMs: number): string {
  return `
    begin isolation level read committed read write;
    set local datestyle = 'ISO, YMD';
    set local timezone = 'UTC';
    set local intervalstyle = 'iso_8601';
    set local lc_monetary = 'C';
    set local bytea_output = 'hex';
    set local client_min_messages = 'warning';
    set local lock_timeout = ${LOCK_TIMEOUT_MS};
    set local statement_timeout = ${statementTimeoutMs};
    set local idle_in_transaction_session_timeout = ${idleTimeoutMs};
    set constraints all immediate;`;
}
