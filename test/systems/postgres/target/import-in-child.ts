import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Row } from "../../../../src/formats/rows.ts";

export interface ChildOrder {
  readonly connectionString: string;
  readonly definition: object;
  readonly runId: string;
  readonly rows: number;
  readonly batchRows: number;
}

export interface ChildImport {
  /** Lets one more batch be written; resolves when it is, with the outcome of the import after the last. */
  step(): Promise<ChildReport>;
  /** Lets one more batch begin. */
  begin(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export type ChildReport =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly failures: readonly number[] };

/** Rows 1 to `count`; the names of every seventh are too long for varchar(5). */
export function numberedRows(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => [
    String(index + 1),
    (index + 1) % 7 === 0 ? "too long" : "short",
  ]);
}

/** Starts an import in a process of its own, which waits before its first batch. */
export async function importInChild(order: ChildOrder): Promise<ChildImport> {
  const child = fork(join(import.meta.dirname, "import-child.ts"));
  const ended = once(child, "exit");
  const report = async (): Promise<ChildReport> => {
    const [message] = await Promise.race([once(child, "message"), ended]);
    if (typeof message !== "object" || message === null) {
      throw new Error(`the importing process ended with ${message}`);
    }
    return message as ChildReport;
  };
  child.send(order);
  await report();
  return {
    begin: () => child.send("go"),
    step: () => {
      child.send("go");
      return report();
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
