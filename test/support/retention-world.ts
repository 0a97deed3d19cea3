import type { Ports } from "../../src/domain/ports.ts";
import { sweepStorage } from "../../src/domain/retention/sweep-storage.ts";
import { cleanUpSubmissions } from "../../src/domain/submissions/clean-up-submissions.ts";
import { Killed, type Killer, mortal } from "./kill.ts";
import { manualClock } from "./manual-clock.ts";
import { type Known, storeThings } from "./retention-things.ts";
import { storagePorts } from "./storage-ports.ts";

const DAY_MS = 24 * 3_600_000;
const CONTAINERS = ["inbox", "import-errors", "uploads", "packages", "kept-things"] as const;
const NEVER = new AbortController().signal;

/** Stores in memory with one of everything that retention deletes or must not delete. */
export interface RetentionWorld {
  readonly killer: Killer;
  /** Lets nine days pass and sweeps; then forty more, and cleans up. */
  live(): Promise<void>;
  outcome(): Promise<RetentionOutcome>;
}

export interface RetentionOutcome {
  /** Names of the files in storage before the clean-up. */
  readonly files: readonly string[];
  readonly submissions: readonly string[];
  /** Claims that are still there, by what they are. */
  readonly claims: readonly string[];
  readonly submissionsAfterCleanup: readonly string[];
}

/**
 * @param killAt the point at which the first process dies; null: never
 * @param sabotage takes a safeguard out of the ports, to see that it is missed
 */
export async function makeRetentionWorld(
  killAt: number | null,
  sabotage: (ports: Ports) => Ports = (ports) => ports,
): Promise<RetentionWorld> {
  // storage has its own idea of when a file was written
  const clock = manualClock(new Date().toISOString());
  const lasting = sabotage({
    ...(await storagePorts("memory")),
    clock,
    log: () => undefined,
    openSource: unused,
    openTarget: unused,
    runQueue: { send: unused },
    announcements: { send: unused },
    connections: { get: unused },
    tokens: { verify: unused },
  });
  const known = await storeThings(lasting);
  const first = mortal(lasting, killAt);
  let ports = first.ports;
  /** A step of a timer or an operator; after a death another process repeats it. */
  const step = async (act: (now: Ports) => Promise<unknown>): Promise<void> => {
    try {
      await act(ports);
    } catch (error) {
      if (!(error instanceof Killed || first.killer.isDead)) {
        throw error;
      }
      ports = lasting;
      await act(ports);
    }
  };
  let seen: Omit<RetentionOutcome, "submissionsAfterCleanup"> | null = null;
  return {
    killer: first.killer,
    live: async () => {
      clock.advance(9 * DAY_MS);
      await step((now) => sweepStorage(now, NEVER));
      seen = {
        files: await filesIn(lasting, known.files),
        submissions: await submissionsIn(lasting, known),
        claims: await claimsIn(lasting, known),
      };
      clock.advance(40 * DAY_MS);
      await step((now) => cleanUp(now, known.connectors));
    },
    outcome: async () => {
      if (seen === null) {
        throw new Error("nobody has lived here");
      }
      return { ...seen, submissionsAfterCleanup: await submissionsIn(lasting, known) };
    },
  };
}

function unused(): never {
  throw new Error("nothing is exported or imported here");
}

async function cleanUp(ports: Ports, connectors: readonly string[]): Promise<void> {
  const olderThan = new Date(ports.clock.now().getTime() - 31 * DAY_MS);
  const states = ["processed", "preprocessing-failed"] as const;
  for (const connectorId of connectors) {
    const request = { connectorId, states, olderThan, dryRun: false, after: null };
    await cleanUpSubmissions(ports, request);
  }
}

async function filesIn(ports: Ports, known: ReadonlyMap<string, string>): Promise<string[]> {
  const found: string[] = [];
  for (const container of CONTAINERS) {
    const folder = { container, prefix: "" };
    const { items } = await ports.files.list(folder, { limit: 1_000, after: null });
    found.push(...items.map(({ path }) => `${container}: ${known.get(path.name)}`));
  }
  return found.sort();
}

async function submissionsIn(ports: Ports, known: Known): Promise<string[]> {
  const found: string[] = [];
  for (const connectorId of known.connectors) {
    const { items } = await ports.submissions.list(connectorId, null, { limit: 100, after: null });
    for (const { id, state, fileDeletedAt, clientExecutionId } of items) {
      const isFound = (await ports.submissions.find(String(clientExecutionId)))?.id === id;
      const file = fileDeletedAt ? "without its file" : "with its file";
      found.push(`${known.submissions.get(id)}: ${state} ${file}${isFound ? "" : ", unknown"}`);
    }
  }
  return found.sort();
}

async function claimsIn(ports: Ports, known: Known): Promise<string[]> {
  const whats = [...known.submissions.values()];
  const keys = whats.flatMap((what) => [1, 365, null].map((days) => `${what} ${days}`));
  const found = known.connectors.flatMap((connectorId) =>
    keys.map(async (key) => {
      const holder = await ports.submissions.findClaim(connectorId, key, known.now);
      return holder === null ? [] : [key];
    }),
  );
  return (await Promise.all(found)).flat().sort();
}
