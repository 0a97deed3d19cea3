import type { Ports } from "../../../src/domain/ports.ts";
import { sweepStorage } from "../../../src/domain/retention/sweep-storage.ts";
import { cleanUpSubmissions } from "../../../src/domain/submissions/clean-up-submissions.ts";
import { type Known, storeThings } from "../retention-things.ts";
import { namesIn } from "../storage-ports.ts";
import { DAY_MS, EVERYTHING, type World } from "./world.ts";

const CONTAINERS = ["inbox", "import-errors", "uploads", "packages", "kept-things"] as const;
const NEVER = new AbortController().signal;

/** A timer and an operator, and one of everything that retention deletes or must not delete. */
export interface Sweeper extends World {
  /** Lets nine days pass and sweeps; then forty more, and cleans up. */
  live(): Promise<void>;
  outcome(): Promise<SweeperOutcome>;
}

export interface SweeperOutcome {
  /** Names of the files in storage before the clean-up. */
  readonly files: readonly string[];
  readonly submissions: readonly string[];
  /** Claims that are still there, by what they are. */
  readonly claims: readonly string[];
  readonly submissionsAfterCleanup: readonly string[];
}

/** @param world begins today, because storage has its own idea of when a file was written */
export async function sweeper(world: World): Promise<Sweeper> {
  const { ports, clock, survive } = world;
  const known = await storeThings(ports);
  let seen: Omit<SweeperOutcome, "submissionsAfterCleanup"> | null = null;
  return {
    ...world,
    live: async () => {
      clock.advance(9 * DAY_MS);
      await survive((alive) => sweepStorage(alive, NEVER));
      seen = {
        files: await filesIn(ports, known.files),
        submissions: await submissionsIn(ports, known),
        claims: await claimsIn(ports, known),
      };
      clock.advance(40 * DAY_MS);
      await survive((alive) => cleanUp(alive, known.connectors));
    },
    outcome: async () => {
      if (seen === null) {
        throw new Error("nobody has lived here");
      }
      return { ...seen, submissionsAfterCleanup: await submissionsIn(ports, known) };
    },
  };
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
    const names = await namesIn(ports.files, container);
    found.push(...names.map((name) => `${container}: ${known.get(name)}`));
  }
  return found.sort();
}

async function submissionsIn(ports: Ports, known: Known): Promise<string[]> {
  const found: string[] = [];
  for (const connectorId of known.connectors) {
    const { items } = await ports.submissions.list(connectorId, null, EVERYTHING);
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
