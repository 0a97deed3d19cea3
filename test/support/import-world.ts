import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import type { JobStatusResponse } from "../../src/d365/d365-status.ts";
import { jobStatus } from "../../src/d365/package-api/job-status.ts";
import { ConnectorDefinition, type ConnectorOf } from "../../src/domain/definitions/definitions.ts";
import type { ImportDefinition } from "../../src/domain/imports/import-definition.ts";
import { runImport } from "../../src/domain/imports/run-import.ts";
import { sendOwedImports } from "../../src/domain/imports/send-owed-imports.ts";
import type { Ports, RunRequestOf } from "../../src/domain/ports.ts";
import { type IncomingFile, receiveFile } from "../../src/domain/submissions/receive-file.ts";
import { openUpload, receiveUpload } from "../../src/domain/submissions/receive-upload.ts";
import type { Submission } from "../../src/domain/submissions/submission.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { type FakeTargets, fakeTargets } from "./fake-target.ts";
import { Killed, type Killer, mortal } from "./kill.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";
import { namesIn, type Storage, storagePorts } from "./storage-ports.ts";
import { savedAt } from "./stored-things.ts";

const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
/** Beyond what a begun attempt may be silent. */
const AFTER_A_DEATH_MS = 46_000;

/** Everything that outlives a process: stores, a queue that hands out again what was not settled, a target. */
export interface ImportWorld {
  readonly clock: ManualClock;
  readonly target: FakeTargets;
  readonly ordered: string;
  readonly unordered: string;
  readonly killer: Killer;
  /** Ports that never die. */
  readonly ports: Ports;
  /** Messages that were sent and not settled. */
  readonly queue: RunRequestOf<"import">[];
  /** Hands a file in, again and again until there is an answer, as partners do. @returns the submission id */
  handIn(connectorId: string, externalId: string, content: string | Buffer): Promise<string>;
  /** Hands a file in by way of an upload, just as stubbornly. @returns the submission id */
  upload(connectorId: string, externalId: string, content: string): Promise<string>;
  /** Asks for the state of a submission, just as stubbornly. */
  ask(connectorId: string, submissionId: string): Promise<JobStatusResponse>;
  /** Runs whatever is owed, to its end, restarting the process as often as it dies. */
  settle(): Promise<void>;
  /** The outside's view at the end. */
  outcome(): Promise<ImportOutcome>;
}

export interface ImportOutcome {
  /** Rows in the target, in the order in which they came there. */
  readonly rows: readonly string[];
  readonly submissions: readonly string[];
  readonly errorFiles: readonly string[];
  readonly owed: number;
  /** Error lists and error files that no submission knows, and uploads that were handed in. */
  readonly strayFiles: number;
  /** Published files: number, rows and content. */
  readonly published: readonly string[];
}

export interface ImportWorldOptions {
  readonly definition: unknown;
  readonly content?: "file" | "package";
  /** The point at which the first process dies; null: never. */
  readonly killAt?: number | null;
  /** Takes a safeguard out of the ports, to see that it is missed. */
  readonly sabotage?: (ports: Ports) => Ports;
}

/** An import of things that have an id, into a table. */
export const THINGS_IMPORT = {
  format: { kind: "csv" },
  entities: [
    {
      name: "Things",
      columns: [{ name: "id", required: true }],
      target: { kind: "postgres", connection: "db", table: "public.things", mode: "insert" },
    },
  ],
};

export async function makeImportWorld(
  storage: Storage,
  { definition, content = "file", killAt = null, sabotage = (ports) => ports }: ImportWorldOptions,
): Promise<ImportWorld> {
  const clock = manualClock("2026-03-01T10:00:00Z");
  const target = fakeTargets();
  const queue: RunRequestOf<"import">[] = [];
  const [ordered, unordered] = [randomUUID(), randomUUID()];
  const lasting = sabotage(await portsOf(storage, { clock, target, queue }));
  const body = DEFINITION_SCHEMAS.kinds.imports.parse(definition);
  const connectors = await define(lasting, { body, content, ordered, unordered });
  const first = mortal(lasting, killAt);
  let ports = first.ports;

  /** Does it in the process as it is now, and in a new one if that dies. */
  const survive = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Killed || first.killer.isDead)) {
        throw error;
      }
      ports = lasting;
      clock.advance(AFTER_A_DEATH_MS);
      return work();
    }
  };
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        await runImport(ports, next, new AbortController().signal);
        queue.shift();
      }
      if ((await owedAt(lasting, [ordered, unordered])) === 0) {
        return;
      }
      clock.advance(70_000);
      // two instances tick at the same moment, as they may while the platform scales
      await Promise.all([sendOwedImports(ports), sendOwedImports(ports)]);
    }
  };

  return {
    clock,
    target,
    ordered,
    unordered,
    killer: first.killer,
    ports: lasting,
    queue,
    handIn: (connectorId, externalId, bytes) =>
      survive(async () => {
        const input = handInOf(connectors, connectorId, externalId);
        const { submission } = await receiveFile(ports, input, bodyOf(bytes));
        return submission.id;
      }),
    upload: async (connectorId, externalId, bytes) => {
      const { uploadId } = await survive(() => openUpload(ports, connectorId));
      // the partner writes it past the app
      const path = { container: "uploads", name: `${connectorId}/${uploadId}` };
      await lasting.files.write(path, bodyOf(bytes), "application/octet-stream");
      const input = handInOf(connectors, connectorId, externalId);
      const { submission } = await survive(() => receiveUpload(ports, input, uploadId));
      return submission.id;
    },
    ask: (connectorId, id) => survive(() => jobStatus(ports, { connectorId, id })),
    settle: () => survive(settle),
    outcome: () => outcomeOf(lasting, { connectorIds: [ordered, unordered], target, body }),
  };
}

function handInOf(
  connectors: (connectorId: string) => ConnectorOf<"import">,
  connectorId: string,
  externalId: string,
): IncomingFile {
  return {
    ...{ connectorId, externalId, applicationId: APPLICATION_ID },
    ...{ connector: connectors(connectorId), entity: null, company: null, parentId: null },
  };
}

async function portsOf(
  storage: Storage,
  world: { clock: ManualClock; target: FakeTargets; queue: RunRequestOf<"import">[] },
): Promise<Ports> {
  const { clock, target, queue } = world;
  return {
    ...(await storagePorts(storage)),
    clock,
    log: () => undefined,
    openSource: () => {
      throw new Error("nothing is exported here");
    },
    openTarget: () => target.open(),
    runQueue: {
      send: async (request) => {
        if (request.kind === "import") {
          queue.push(request);
        }
      },
    },
    announcements: { send: async () => undefined },
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) },
    tokens: { verify: async () => ({ applicationId: APPLICATION_ID, roles: [] }) },
  };
}

/** @returns how a connector is found by its id */
async function define(
  ports: Ports,
  facts: {
    body: ImportDefinition;
    content: "file" | "package";
    ordered: string;
    unordered: string;
  },
): Promise<(connectorId: string) => ConnectorOf<"import">> {
  const at = savedAt(ports.clock.now());
  const importId = `things-${facts.ordered}`;
  await ports.definitions.put("imports", { id: importId, body: facts.body, ...at }, null);
  const connectors = new Map<string, ConnectorOf<"import">>();
  for (const [id, ordered] of [
    [facts.ordered, true],
    [facts.unordered, false],
  ] as const) {
    const body = ConnectorDefinition.parse({
      ...{ name: "Partner", direction: "import", import: importId, content: facts.content },
      ...{ applications: [APPLICATION_ID], ordered },
    }) as ConnectorOf<"import">;
    connectors.set(id, body);
    await ports.definitions.put("connectors", { id, body, ...at }, null);
  }
  return (connectorId) => connectors.get(connectorId) as ConnectorOf<"import">;
}

/** In pieces, so that there is something between pieces. */
async function* bodyOf(content: string | Buffer): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let from = 0; from < bytes.length; from += 1_000) {
    yield bytes.subarray(from, from + 1_000);
  }
}

async function owedAt(ports: Ports, connectorIds: readonly string[]): Promise<number> {
  const owed = await Promise.all(connectorIds.map((id) => ports.submissions.owed(id, 1_000)));
  return owed.flat().length;
}

async function outcomeOf(
  ports: Ports,
  world: { connectorIds: readonly string[]; target: FakeTargets; body: ImportDefinition },
): Promise<ImportOutcome> {
  const { connectorIds, target, body } = world;
  const everything = { limit: 1_000, after: null };
  const lists = connectorIds.map((id) => ports.submissions.list(id, null, everything));
  const submissions = (await Promise.all(lists)).flatMap(({ items }) => items);
  const errorFiles = submissions.flatMap((submission) =>
    (submission.result?.entities ?? []).flatMap(({ errorFile }) => errorFile ?? []),
  );
  const known = new Set(submissions.flatMap(({ written }) => written.map(({ name }) => name)));
  const [names, uploads] = [
    await namesIn(ports.files, "import-errors"),
    await namesIn(ports.files, "uploads"),
  ];
  return {
    rows: [...target.rows],
    submissions: submissions.map(described).sort(),
    errorFiles: (
      await Promise.all(
        errorFiles.map(async ({ path }) => {
          const file = await ports.files.read(path);
          return file === null ? "missing" : text(file.content);
        }),
      )
    ).sort(),
    owed: await owedAt(ports, connectorIds),
    strayFiles: [...names, ...uploads].filter(
      (name) => connectorIds.includes(name.split("/")[0] ?? "") && !known.has(name),
    ).length,
    published: await publishedBy(ports, body),
  };
}

function described(submission: Submission): string {
  const { externalId, state, sequence, result, failure } = submission;
  const entities = (result?.entities ?? []).map(
    ({ name, outcome, rows, invalidRows, refusedRows }) =>
      `${name} ${outcome} ${rows}-${invalidRows}-${refusedRows}`,
  );
  return [externalId, sequence, state, result?.errors, failure?.code, ...entities].join(" ");
}

async function publishedBy(ports: Ports, { entities }: ImportDefinition): Promise<string[]> {
  const published: string[] = [];
  for (const { target } of entities) {
    if ("fileType" in target) {
      const { items } = await ports.ledger.list(target.fileType, { limit: 100, after: null });
      for (const { sequence, records, path } of items) {
        const file = await ports.files.read(path);
        published.push(`${sequence} ${records} ${file && (await text(file.content))}`);
      }
    }
  }
  return published;
}
