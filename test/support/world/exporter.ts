import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Run } from "../../../src/domain/exports/run.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import type { Ports, RunRequestOf } from "../../../src/domain/ports.ts";
import { define, drain, EVERYTHING, type World } from "./world.ts";

export const EXPORT_ID = "things";
/** The export's one entity. */
export const THINGS = {
  name: "Things",
  source: { kind: "postgres", connection: "db", table: "public.things" },
};

/** One export of the world's table. */
export interface Exporter extends World {
  readonly fileType: string;
  readonly queue: RunRequestOf<"export">[];
  /** Saves the export as one life of it. */
  define(members?: object, incarnation?: string): Promise<void>;
  /** Handles messages until there are none. */
  drain(ports?: Ports): Promise<void>;
  runs(): Promise<readonly Run[]>;
  ledger(fileType?: string): Promise<readonly LedgerEntry[]>;
  content(entry: LedgerEntry): Promise<string>;
}

export function exporter(world: World): Exporter {
  const fileType = `World.T${randomBytes(6).toString("hex")}`;
  const { ports, queues } = world;
  return {
    ...world,
    fileType,
    queue: queues.exports,
    define: async (members = {}, incarnation = "first life") => {
      const usual = {
        fileType,
        entities: [THINGS],
        format: { kind: "jsonl" },
        compression: "none",
      };
      const body = { ...usual, ...members };
      await define(ports, { kind: "exports", id: EXPORT_ID, body, incarnation });
    },
    drain: async (used = ports) => {
      const { signal } = new AbortController();
      await drain(queues.exports, (run) => runExport(used, run, { signal }));
    },
    runs: async () => (await ports.runs.listRuns(EXPORT_ID, EVERYTHING)).items,
    ledger: async (of = fileType) => (await ports.ledger.list(of, EVERYTHING)).items,
    content: async ({ path }) => {
      const file = await ports.files.read(path);
      return file === null ? "missing" : text(file.content);
    },
  };
}
