import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Run } from "../../src/domain/exports/run.ts";
import { runExport } from "../../src/domain/exports/run-export.ts";
import type { LedgerEntry } from "../../src/domain/ledger/ledger-entry.ts";
import type { LogFact } from "../../src/domain/log-events.ts";
import type { Ports, RunRequestOf } from "../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { type FakeTable, fakeTable } from "./fake-source.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";
import { type Storage, storagePorts } from "./storage-ports.ts";

export const EXPORT_ID = "things";

/** One export over a table in memory, with stores and a queue whose messages the test handles itself. */
export interface ExportWorld {
  readonly ports: Ports;
  readonly clock: ManualClock;
  readonly table: FakeTable;
  readonly queue: RunRequestOf<"export">[];
  /** Names of the events that were logged, with their facts. */
  readonly logged: { event: string; facts: Readonly<Record<string, LogFact>> }[];
  readonly fileType: string;
  /** Stores the export as one life of it. */
  define(members?: object, incarnation?: string): Promise<void>;
  /** Handles messages until there are none. */
  drain(ports?: Ports): Promise<void>;
  runs(): Promise<readonly Run[]>;
  ledger(fileType?: string): Promise<readonly LedgerEntry[]>;
  content(entry: LedgerEntry): Promise<string>;
}

export async function makeExportWorld(
  storage: Storage,
  overrides: Partial<Ports> = {},
): Promise<ExportWorld> {
  const fileType = `World.T${randomBytes(6).toString("hex")}`;
  const clock = manualClock("2026-03-01T10:00:30Z");
  const table = fakeTable();
  const queue: RunRequestOf<"export">[] = [];
  const logged: ExportWorld["logged"] = [];
  const ports: Ports = {
    ...(await storagePorts(storage)),
    clock,
    log: (event, facts = {}) => void logged.push({ event, facts }),
    openSource: () => table.source(),
    openTarget: () => {
      throw new Error("nothing is imported here");
    },
    runQueue: { send: async (request) => void (request.kind === "export" && queue.push(request)) },
    announcements: { send: async () => undefined },
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) },
    tokens: { verify: async () => ({ applicationId: "", roles: [] }) },
    ...overrides,
  };
  const everything = { limit: 1_000, after: null };
  return {
    ...{ ports, clock, table, queue, logged, fileType },
    define: async (members = {}, incarnation = "first life") => {
      const body = DEFINITION_SCHEMAS.kinds.exports.parse({
        fileType,
        entities: [
          {
            name: "Things",
            source: { kind: "postgres", connection: "db", table: "public.things" },
          },
        ],
        format: { kind: "jsonl" },
        compression: "none",
        ...members,
      });
      const at = { updatedAt: clock.now(), scheduleSince: clock.now(), incarnation };
      await ports.definitions.put(
        "exports",
        { id: EXPORT_ID, body, ...at, updatedBy: "operator" },
        "*",
      );
    },
    drain: async (used = ports) => {
      for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
        await runExport(used, run, { signal: new AbortController().signal });
      }
    },
    runs: async () => (await ports.runs.listRuns(EXPORT_ID, everything)).items,
    ledger: async (of = fileType) => (await ports.ledger.list(of, everything)).items,
    content: async ({ path }) => {
      const file = await ports.files.read(path);
      return file === null ? "missing" : text(file.content);
    },
  };
}
