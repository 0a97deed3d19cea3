import type { DefinitionKind } from "../../../src/domain/definitions/definitions.ts";
import type { FileAvailableMessage } from "../../../src/domain/ledger/file-available.ts";
import type { LogFact } from "../../../src/domain/log-events.ts";
import type { Ports, RunRequestOf } from "../../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import { type FakeTable, fakeTable } from "../fake-source.ts";
import { type FakeTargets, fakeTargets } from "../fake-target.ts";
import { Killed, type Killer, mortal } from "../kill.ts";
import { type ManualClock, manualClock } from "../manual-clock.ts";
import { type Storage, storagePorts } from "../storage-ports.ts";
import { savedAt } from "../stored-things.ts";

/** The partner's application in every world. */
export const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
/** A page that holds all there is. */
export const EVERYTHING = { limit: 1_000, after: null };
export const DAY_MS = 24 * 3_600_000;
/** By then a lease has ended, and a run or an import that was begun counts as silent. */
const AFTER_A_DEATH_MS = 120_000;

/** All that outlives a process: stores, queues, one source, one target, a clock. Each cast in this folder adds its acts. */
export interface World {
  readonly clock: ManualClock;
  /** Ports of a process that never dies. */
  readonly ports: Ports;
  readonly killer: Killer;
  readonly table: FakeTable;
  readonly target: FakeTargets;
  /** Messages that were sent and not settled. */
  readonly queues: {
    readonly exports: RunRequestOf<"export">[];
    readonly orders: RunRequestOf<"order">[];
    readonly imports: RunRequestOf<"import">[];
    readonly events: FileAvailableMessage[];
  };
  /** Names of the events that were logged, with their facts. */
  readonly logged: { event: string; facts: Readonly<Record<string, LogFact>> }[];
  /** Acts in the first process. If that dies, another process acts again, and in all later acts. */
  survive<Result>(act: (ports: Ports) => Promise<Result>): Promise<Result>;
}

export interface WorldOptions {
  readonly storage?: Storage;
  /** The point at which the first process dies; null: never. */
  readonly killAt?: number | null;
  /** Ports that differ from the usual ones, such as a source that fails, or one without a safeguard. */
  readonly change?: ((usual: Ports) => Partial<Ports>) | undefined;
  readonly startsAt?: string;
}

export async function makeWorld(options: WorldOptions = {}): Promise<World> {
  const { storage = "memory", killAt = null, change = () => ({}) } = options;
  const clock = manualClock(options.startsAt ?? "2026-03-01T10:00:30Z");
  const [table, target] = [fakeTable(), fakeTargets()];
  const queues: World["queues"] = { exports: [], orders: [], imports: [], events: [] };
  const logged: World["logged"] = [];
  const usual: Ports = {
    ...(await storagePorts(storage)),
    clock,
    log: (event, facts = {}) => void logged.push({ event, facts }),
    openSource: () => table.source(),
    openTarget: () => target.open(),
    runQueue: {
      send: async (request) => {
        if (request.kind === "export") {
          queues.exports.push(request);
        } else if (request.kind === "order") {
          queues.orders.push(request);
        } else {
          queues.imports.push(request);
        }
      },
    },
    announcements: { send: async (message) => void queues.events.push(message) },
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) },
    tokens: { verify: async () => ({ applicationId: APPLICATION_ID, roles: [] }) },
  };
  const ports = { ...usual, ...change(usual) };
  const first = mortal(ports, killAt);
  let alive = first.ports;
  return {
    ...{ clock, ports, killer: first.killer, table, target, queues, logged },
    survive: async (act) => {
      try {
        return await act(alive);
      } catch (error) {
        const hasDied = error instanceof Killed || first.killer.isDead;
        if (!hasDied || alive === ports) {
          throw error;
        }
        alive = ports;
        clock.advance(AFTER_A_DEATH_MS);
        return act(alive);
      }
    },
  };
}

/** Saves a definition, whatever there was under its id. */
export async function define<Kind extends DefinitionKind>(
  { definitions, clock }: Ports,
  definition: { kind: Kind; id: string; body: unknown; incarnation?: string },
): Promise<ReturnType<(typeof DEFINITION_SCHEMAS.kinds)[Kind]["parse"]>> {
  const { kind, id, incarnation = "first life" } = definition;
  const body = DEFINITION_SCHEMAS.kinds[kind].parse(definition.body);
  await definitions.put(
    kind,
    { id, body: body as never, ...savedAt(clock.now()), incarnation },
    "*",
  );
  return body as never;
}

/** Hands messages out as Service Bus does: again, until they are handled to the end. */
export async function drain<Message>(
  messages: Message[],
  handle: (message: Message) => Promise<unknown>,
): Promise<void> {
  for (let next = messages[0]; next !== undefined; next = messages[0]) {
    await handle(next);
    messages.shift();
  }
}
