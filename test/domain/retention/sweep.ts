import { randomUUID } from "node:crypto";
import type { Run } from "../../../src/domain/exports/run.ts";
import type { FilePath, ListedFile } from "../../../src/domain/files.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { ended, type Submission } from "../../../src/domain/submissions/submission.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { aSubmission } from "../../support/a-submission.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { memoryDefinitions } from "../../support/memory-definitions.ts";

export const DAY_MS = 24 * 3_600_000;
export const NOW = new Date("2026-03-01T10:00:00Z");
export const CONNECTOR_ID = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";
export const NEVER = new AbortController().signal;

/** Files, submissions and runs in memory, as far as a sweep asks for them. */
export interface Sweep {
  readonly ports: Ports;
  readonly clock: ManualClock;
  readonly logged: string[];
  /** How often a page was asked for. */
  readonly pages: { count: number };
  readonly runs: Run[];
  readonly published: Map<string, FilePath>;
  submissions: Submission[];
  /** Puts a file that was written now. */
  put(path: FilePath): FilePath;
  names(): string[];
}

export function makeSweep(definitions: Readonly<Record<string, unknown>> = {}): Sweep {
  const clock = manualClock(NOW.toISOString());
  const stored: ListedFile[] = [];
  const sweep: Sweep = {
    clock,
    logged: [],
    pages: { count: 0 },
    runs: [],
    published: new Map(),
    submissions: [],
    put: (path) => {
      stored.push({ path, changedAt: clock.now() });
      return path;
    },
    names: () => stored.map(({ path }) => path.name),
    ports: {} as Ports,
  };
  const remove = (path: FilePath): void => {
    const at = stored.findIndex((file) => file.path.name === path.name);
    stored.splice(at, at < 0 ? 0 : 1);
  };
  const ports = {
    clock,
    ids: randomIds,
    log: (event: string) => void sweep.logged.push(event),
    definitions: memoryDefinitions(definitions),
    files: {
      delete: async (path: FilePath) => remove(path),
      list: async ({ container, prefix }: FilePath & { prefix: string }) => {
        sweep.pages.count++;
        const items = stored.filter(
          ({ path }) => path.container === container && path.name.startsWith(prefix),
        );
        return { items, next: null };
      },
    },
    submissions: submissionsOf(sweep),
    runs: {
      find: async (exportId: string, runId: string) =>
        sweep.runs.find((run) => run.exportId === exportId && run.runId === runId) ?? null,
    },
    ledger: {
      fileTypes: async () => [],
      findByOrigin: async (_: string, originId: string) => {
        const path = sweep.published.get(originId);
        return path === undefined ? null : { path };
      },
    },
  };
  return Object.assign(sweep, { ports: ports as unknown as Ports });
}

function submissionsOf(sweep: Sweep) {
  return {
    find: async (id: string) =>
      sweep.submissions.find(
        (submission) => submission.id === id || submission.executionId === id,
      ) ?? null,
    replace: async (before: Submission, after: Submission) => {
      const isCurrent = sweep.submissions.includes(before);
      sweep.submissions = sweep.submissions.map((submission) =>
        submission === before ? after : submission,
      );
      return isCurrent;
    },
    connectors: async () => [],
  };
}

/** A submission with its file, received now. */
export function receive(sweep: Sweep, connectorId = CONNECTOR_ID): Submission {
  const receivedAt = sweep.clock.now();
  const id = randomIds.timeOrderedGuid(receivedAt);
  const path = sweep.put({ container: "inbox", name: `${connectorId}/${id}/${randomUUID()}` });
  const file = { path, bytes: 1, sha256: "0".repeat(64) };
  const submission = aSubmission({ connectorId, id, receivedAt, file });
  sweep.submissions.push(submission);
  return submission;
}

/** {@link receive}, and its import failed now. */
export function fail(sweep: Sweep, submission: Submission): Submission {
  const last = ended(submission, {
    ...{ state: "preprocessing-failed", result: null, failure: null },
    now: sweep.clock.now(),
  });
  sweep.submissions = sweep.submissions.map((one) => (one === submission ? last : one));
  return last;
}

export function importConnector(members: object = {}): Record<string, unknown> {
  return {
    ...{ name: "Partner", direction: "import", import: "items", content: "file" },
    applications: [randomUUID()],
    ...members,
  };
}
