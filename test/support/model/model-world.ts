import type { FileAvailableEvent } from "../../../src/domain/ledger/file-available.ts";
import type { LogFact } from "../../../src/domain/log-events.ts";
import type { Clock, Ports, RunRequestOf } from "../../../src/domain/ports.ts";
import { tableDefinitions } from "../../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../../src/stores/table-deliveries.ts";
import { tableExecutions } from "../../../src/stores/table-executions.ts";
import { tableLedger } from "../../../src/stores/table-ledger.ts";
import { tableOwnQueues } from "../../../src/stores/table-own-queues.ts";
import { tableRuns } from "../../../src/stores/table-runs.ts";
import { tableSubmissions } from "../../../src/stores/table-submissions.ts";
import { tableSubscriptionStates } from "../../../src/stores/table-subscription-states.ts";
import { tableTicks } from "../../../src/stores/table-ticks.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import { memoryFiles, type StoredFiles } from "../memory-files.ts";
import { type Call, memoryTable } from "../memory-table.ts";
import { emptyTable, type TableRows } from "../memory-table-rows.ts";
import { NO_TOPIC } from "../no-files.ts";
import { QUEUE_SETTINGS, type QueueWorld, queueWorld, topicWorld } from "../queue-world.ts";
import { type ModelTable, modelSource } from "./model-source.ts";
import { type Process, type Simulation, simulation } from "./simulation.ts";

export const START_MS = Date.parse("2026-03-01T10:00:00Z");
export const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";

const TABLES = ["definitions", "runs", "ledger", "messages", "inbox", "ticks"] as const;
type TableName = (typeof TABLES)[number];
export type SourceName = "items" | "prices" | "errors";

export interface LogLine {
  readonly atMs: number;
  readonly event: string;
  readonly facts: Readonly<Record<string, LogFact>>;
}

/** Everything that outlives a process, and the running processes. */
export interface ModelWorld {
  readonly sim: Simulation;
  readonly tables: Readonly<Record<TableName, TableRows>>;
  readonly files: StoredFiles;
  readonly sources: Readonly<Record<SourceName, ModelTable>>;
  readonly runs: QueueWorld<RunRequestOf<"export">>;
  readonly events: QueueWorld<FileAvailableEvent>;
  readonly ticks: QueueWorld<null>;
  /** All of them. */
  readonly queues: readonly QueueWorld<unknown>[];
  /** Ids of all messages that a queue has ever set aside. */
  readonly deadLetters: string[];
  readonly log: LogLine[];
  /** Two instances of the app; one that dies is replaced. */
  readonly processes: Process[];
  readonly portsOf: (process: Process) => Ports;
  /** Looks at everything at once: no process, no faults, the true time. */
  readonly observer: Ports;
  /** The app, when nothing is left to go wrong. */
  readonly caretaker: Ports;
  /** File types whose files cannot be labelled. */
  readonly unlabelled: Set<string>;
  /** When each run was claimed, by the true time. */
  readonly claimedAtMs: Map<string, number>;
}

/** Takes a safeguard out of the app, to see that it is missed. */
export type Sabotage = (ports: Ports, world: Pick<ModelWorld, "unlabelled">) => Ports;

export function modelWorld(seed: number, sabotage: Sabotage = (ports) => ports): ModelWorld {
  const sim = simulation(START_MS, seed);
  const now = () => sim.nowMs;
  const table = (): ModelTable => ({ rows: [], refuses: false });
  const runs = queueWorld<RunRequestOf<"export">>("runs", QUEUE_SETTINGS, now);
  const events = queueWorld<FileAvailableEvent>("fan-out", QUEUE_SETTINGS, now);
  const ticks = queueWorld<null>("ticks", QUEUE_SETTINGS, now);
  const state: WorldState = {
    sim,
    tables: Object.fromEntries(TABLES.map((name) => [name, emptyTable()])) as WorldState["tables"],
    files: new Map(),
    sources: { items: table(), prices: table(), errors: table() },
    runs,
    events,
    ticks,
    queues: [runs, events, ticks] as readonly QueueWorld<unknown>[],
    deadLetters: [],
    topic: topicWorld([events], QUEUE_SETTINGS.duplicateWindowMs, now),
    log: [],
    unlabelled: new Set(),
    claimedAtMs: new Map(),
    drawn: 0,
  };
  const cache = new Map<Process, Ports>();
  const portsOf = (process: Process): Ports => {
    const ports = cache.get(process) ?? sabotage(makePorts(state, process), state);
    cache.set(process, ports);
    return ports;
  };
  return {
    ...state,
    processes: [aProcess("a"), aProcess("b")],
    portsOf,
    observer: makePorts(state, null),
    caretaker: sabotage(makePorts(state, null), state),
  };
}

export function aProcess(name: string): Process {
  return { name, isAlive: true, frozenUntilMs: 0, skewMs: 0, slowMs: 0, fate: "as-asked" };
}

type WorldState = Omit<ModelWorld, "processes" | "portsOf" | "observer" | "caretaker"> & {
  readonly topic: ReturnType<typeof topicWorld<FileAvailableEvent>>;
  drawn: number;
};

const AT_ONCE: Call = async (_, effect) => effect();

/** The real stores on tables in memory, and everything else as a process of the app has it. */
function makePorts(state: WorldState, process: Process | null): Ports {
  const { sim, tables } = state;
  const storage = process === null ? AT_ONCE : sim.callOf(process, "storage");
  const bus = process === null ? AT_ONCE : sim.callOf(process, "bus");
  const source = process === null ? AT_ONCE : sim.callOf(process, "source");
  const table = (name: TableName) => memoryTable(tables[name], storage);
  const clock: Clock = { now: () => new Date(sim.nowMs + (process?.skewMs ?? 0)) };
  return {
    clock,
    ids: modelIds(state),
    log: (event, facts = {}) => void state.log.push({ atMs: sim.nowMs, event, facts }),
    definitions: tableDefinitions(table("definitions"), DEFINITION_SCHEMAS),
    subscriptions: tableSubscriptionStates(table("definitions")),
    topic: NO_TOPIC,
    runs: notingClaims(state, tableRuns(table("runs"))),
    executions: tableExecutions(table("runs")),
    ledger: tableLedger(table("ledger")),
    deliveries: tableDeliveries(table("messages")),
    ownQueues: tableOwnQueues(table("messages")),
    deliveryHints: { send: async () => undefined },
    submissions: tableSubmissions(table("inbox")),
    files: modelFiles(state, storage),
    openSource: (definition) => {
      const name =
        "table" in definition ? String(definition.table).replace("public.", "") : undefined;
      return modelSource(state.sources[name as SourceName], source);
    },
    openTarget: () => {
      throw new Error("nothing is imported here");
    },
    runQueue: {
      send: (request) =>
        bus("runs.send", () => {
          if (request.kind === "export") {
            const { exportId, runId, revision } = request;
            // as service-bus-run-queue.ts has it: one that is sent again waits for nobody
            const sessionId = revision === 0 ? exportId : `${exportId}:${runId}:${revision}`;
            state.runs.send({ messageId: `${runId}:${revision}`, sessionId, body: request });
          }
        }),
    },
    announcements: {
      send: ({ messageId, sessionId, body }) =>
        bus("topic.send", () => state.topic.send({ messageId, sessionId, body })),
    },
    ticks: tableTicks(table("ticks")),
    consents: { find: async () => null, put: async () => undefined },
    openWebhook: () => {
      throw new Error("nobody is called here");
    },
    tickQueue: {
      send: (at) =>
        bus("ticks.send", () => {
          const messageId = `tick:${at.toISOString()}`;
          const notBeforeMs = at.getTime();
          state.ticks.send({ messageId, sessionId: messageId, body: null, notBeforeMs });
        }),
    },
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) },
    tokens: { verify: async () => ({ applicationId: APPLICATION_ID, roles: [] }) },
  };
}

function notingClaims({ claimedAtMs, sim }: WorldState, runs: Ports["runs"]): Ports["runs"] {
  return {
    ...runs,
    claim: (slot, run, mark) => {
      if (run !== null) {
        claimedAtMs.set(run.runId, sim.nowMs);
      }
      return runs.claim(slot, run, mark);
    },
  };
}

function modelFiles(state: WorldState, storage: Call): Ports["files"] {
  const files = memoryFiles(state.files, () => new Date(state.sim.nowMs), storage);
  return {
    ...files,
    label: async (path, metadata) => {
      if (state.unlabelled.has(metadata.blobType ?? "")) {
        throw new Error(`Cannot label file "${path.name}": its tags are locked`);
      }
      await files.label(path, metadata);
    },
  };
}

/** Ids that differ, and are the same each time that a schedule is lived again. */
function modelIds(state: WorldState): Ports["ids"] {
  const tail = () => {
    state.drawn++;
    return state.drawn.toString(16).padStart(12, "0");
  };
  return {
    guid: () => {
      const number = tail();
      // its first digits decide where a sweep begins
      return `${number.slice(4)}-0000-4000-8000-${number}`;
    },
    timeOrderedGuid: (at) => {
      const time = at.getTime().toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail()}`;
    },
    secret: () => `secret-${tail()}`,
  };
}
