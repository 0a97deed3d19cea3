import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import type { JobStatusResponse } from "../../../src/d365/d365-status.ts";
import { jobStatus } from "../../../src/d365/package-api/job-status.ts";
import type { ConnectorOf } from "../../../src/domain/definitions/definitions.ts";
import type { FilePath } from "../../../src/domain/files.ts";
import type { ImportDefinition } from "../../../src/domain/imports/import-definition.ts";
import { runImport } from "../../../src/domain/imports/run-import.ts";
import { sendOwedImports } from "../../../src/domain/imports/send-owed-imports.ts";
import type { Ports, RunRequestOf } from "../../../src/domain/ports.ts";
import { receiveFile } from "../../../src/domain/submissions/receive-file.ts";
import { openUpload, receiveUpload } from "../../../src/domain/submissions/receive-upload.ts";
import type { Submission } from "../../../src/domain/submissions/submission.ts";
import { namesIn } from "../storage-ports.ts";
import { APPLICATION_ID, define, drain, EVERYTHING, type World } from "./world.ts";

/** A partner that sends files to two connectors of one import. It repeats each request until it has an answer. */
export interface Sender extends World {
  readonly ordered: string;
  readonly unordered: string;
  readonly queue: RunRequestOf<"import">[];
  /** @returns the submission id */
  send(connectorId: string, externalId: string, content: string | Buffer): Promise<string>;
  /** Sends a file by way of an upload. @returns the submission id */
  upload(connectorId: string, externalId: string, content: string): Promise<string>;
  /** Asks for the state of a submission. */
  ask(connectorId: string, submissionId: string): Promise<JobStatusResponse>;
  /** Runs whatever is owed, to its end. */
  settle(): Promise<void>;
  outcome(): Promise<SenderOutcome>;
}

/** The outside's view at the end. */
export interface SenderOutcome {
  /** Rows in the target, in the order in which they came there. */
  readonly rows: readonly string[];
  readonly submissions: readonly string[];
  readonly errorFiles: readonly string[];
  readonly owed: number;
  /** Error lists and error files that no submission knows, and uploads that were received. */
  readonly strayFiles: number;
  /** Published files: number, rows and content. */
  readonly published: readonly string[];
}

/** An import of things that have an id, into a table. */
const THINGS_IMPORT = {
  format: { kind: "csv" },
  entities: [
    {
      name: "Things",
      columns: [{ name: "id", required: true }],
      target: { kind: "postgres", connection: "db", table: "public.things", mode: "insert" },
    },
  ],
};

export async function sender(
  world: World,
  definition: unknown = THINGS_IMPORT,
  content: "file" | "package" = "file",
): Promise<Sender> {
  const [ordered, unordered] = [randomUUID(), randomUUID()];
  const connectorIds = [ordered, unordered];
  const importId = `things-${ordered}`;
  const body = await define(world.ports, { kind: "imports", id: importId, body: definition });
  const connectors = new Map<string, ConnectorOf<"import">>();
  for (const id of connectorIds) {
    const connector = {
      ...{ name: "Partner", direction: "import", import: importId, content },
      ...{ applications: [APPLICATION_ID], ordered: id === ordered },
    };
    const saved = await define(world.ports, { kind: "connectors", id, body: connector });
    connectors.set(id, saved as ConnectorOf<"import">);
  }
  const fileFor = (connectorId: string, externalId: string) => ({
    ...{ connectorId, externalId, applicationId: APPLICATION_ID },
    connector: connectors.get(connectorId) as ConnectorOf<"import">,
    ...{ entity: null, company: null, parentId: null },
  });
  return {
    ...{ ...world, ordered, unordered, queue: world.queues.imports },
    send: async (connectorId, externalId, bytes) => {
      const file = fileFor(connectorId, externalId);
      const received = await world.survive((ports) => receiveFile(ports, file, inPieces(bytes)));
      return received.submission.id;
    },
    upload: async (connectorId, externalId, bytes) => {
      const { uploadId } = await world.survive((ports) => openUpload(ports, connectorId));
      // the partner writes it past the app
      const path = { container: "uploads", name: `${connectorId}/${uploadId}` };
      await world.ports.files.write(path, inPieces(bytes), "application/octet-stream");
      const file = fileFor(connectorId, externalId);
      const received = await world.survive((ports) => receiveUpload(ports, file, uploadId));
      return received.submission.id;
    },
    ask: (connectorId, id) => world.survive((ports) => jobStatus(ports, { connectorId, id })),
    settle: () => world.survive((alive) => settle(world, alive, connectorIds)),
    outcome: () => outcomeOf(world, connectorIds, body),
  };
}

/** So that there is something between pieces. */
async function* inPieces(content: string | Buffer): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let from = 0; from < bytes.length; from += 1_000) {
    yield bytes.subarray(from, from + 1_000);
  }
}

async function settle(
  { ports, clock, queues }: World,
  alive: Ports,
  connectorIds: readonly string[],
): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const { signal } = new AbortController();
    await drain(queues.imports, (request) => runImport(alive, request, signal));
    if ((await owedAt(ports, connectorIds)) === 0) {
      return;
    }
    clock.advance(70_000);
    // two instances tick at the same moment, as they may while the platform scales
    await Promise.all([sendOwedImports(alive), sendOwedImports(alive)]);
  }
}

async function owedAt(ports: Ports, connectorIds: readonly string[]): Promise<number> {
  const owed = await Promise.all(connectorIds.map((id) => ports.submissions.owed(id, 1_000)));
  return owed.flat().length;
}

async function outcomeOf(
  { ports, target }: World,
  connectorIds: readonly string[],
  body: ImportDefinition,
): Promise<SenderOutcome> {
  const lists = connectorIds.map((id) => ports.submissions.list(id, null, EVERYTHING));
  const submissions = (await Promise.all(lists)).flatMap(({ items }) => items);
  const entities = submissions.flatMap(({ result }) => result?.entities ?? []);
  const errorFiles = entities.flatMap(({ errorFile }) => errorFile ?? []);
  const contents = errorFiles.map(async ({ path }) => (await read(ports, path)) ?? "missing");
  const known = new Set(submissions.flatMap(({ written }) => written.map(({ name }) => name)));
  const files = [
    ...(await namesIn(ports.files, "import-errors")),
    ...(await namesIn(ports.files, "uploads")),
  ].filter((name) => connectorIds.includes(name.split("/")[0] ?? ""));
  return {
    rows: [...target.rows],
    submissions: submissions.map(described).sort(),
    errorFiles: (await Promise.all(contents)).sort(),
    owed: await owedAt(ports, connectorIds),
    strayFiles: files.filter((name) => !known.has(name)).length,
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
      const { items } = await ports.ledger.list(target.fileType, EVERYTHING);
      for (const { sequence, records, path } of items) {
        published.push(`${sequence} ${records} ${await read(ports, path)}`);
      }
    }
  }
  return published;
}

async function read(ports: Ports, path: FilePath): Promise<string | null> {
  const file = await ports.files.read(path);
  return file && text(file.content);
}
