import { randomUUID } from "node:crypto";
import { ConnectorDefinition } from "../../src/domain/definitions/definitions.ts";
import type { RunResult } from "../../src/domain/exports/run.ts";
import type { FilePath } from "../../src/domain/files.ts";
import type { EntityResult, ImportResult } from "../../src/domain/imports/import-result.ts";
import { filePath } from "../../src/domain/ledger/file-path.ts";
import type { Ports } from "../../src/domain/ports.ts";
import {
  begun,
  type EndState,
  ended,
  type Submission,
} from "../../src/domain/submissions/submission.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { aSubmission } from "./a-submission.ts";
import { exportBody } from "./definition-bodies.ts";
import { anEntryDraft, aRun, savedAt } from "./stored-things.ts";

const DAY_MS = 24 * 3_600_000;
const FILE_TYPE = "Kept.Things";

/** Existing things and their names. */
export interface Known {
  readonly connectors: readonly string[];
  /** The name of each file, by its path. */
  readonly files: Map<string, string>;
  /** The name of each submission, by its id. */
  readonly submissions: Map<string, string>;
  readonly now: Date;
}

/** Stores one of everything that retention deletes or must not delete. */
export async function storeThings(ports: Ports): Promise<Known> {
  const now = ports.clock.now();
  const [week, month] = [randomUUID(), randomUUID()];
  const known: Known = { connectors: [week, month], files: new Map(), submissions: new Map(), now };
  const at = savedAt(now);
  for (const [id, retentionDays] of [
    [week, 7],
    [month, 30],
  ] as const) {
    const body = ConnectorDefinition.parse({
      ...{ name: "Partner", direction: "import", import: "items", content: "file" },
      ...{ applications: [randomUUID()], retentionDays },
    });
    await ports.definitions.put("connectors", { id, body, ...at }, null);
  }
  const body = DEFINITION_SCHEMAS.kinds.exports.parse(exportBody({ fileType: FILE_TYPE }));
  await ports.definitions.put("exports", { id: "things", body, ...at }, null);
  await receive(ports, known, { week, month });
  await order(ports, known);
  await publish(ports, known);
  const uploads = { "upload of a file": week, "upload of a package": "applications/a" };
  for (const [what, folder] of Object.entries(uploads)) {
    await write(ports, known, [what, { container: "uploads", name: `${folder}/${randomUUID()}` }]);
  }
  return known;
}

async function receive(
  ports: Ports,
  known: Known,
  { week, month }: { week: string; month: string },
): Promise<void> {
  const done = await insert(ports, known, { what: "done", connectorId: week });
  await end(ports, known, { what: "done", submission: done, state: "processed" });
  const bad = await insert(ports, known, { what: "bad", connectorId: week });
  await end(ports, known, { what: "bad", submission: bad, state: "processed-with-errors" });
  const failed = await insert(ports, known, { what: "failed", connectorId: week });
  await end(ports, known, { what: "failed", submission: failed, state: "preprocessing-failed" });
  const owed = await insert(ports, known, { what: "owed", connectorId: week });
  const longer = await insert(ports, known, { what: "kept longer", connectorId: month });
  await end(ports, known, { what: "kept longer", submission: longer, state: "processed" });
  const stray = { container: "inbox", name: `${week}/${ports.ids.timeOrderedGuid(known.now)}/x` };
  await write(ports, known, ["stray", stray]);
  const strayError = { container: "import-errors", name: `${week}/${owed.id}/x/0` };
  await write(ports, known, ["stray error file", strayError]);
}

/** A submission with its file, with a claim that ends in a day, one that ends in a year, and one that never ends. */
async function insert(
  ports: Ports,
  known: Known,
  { what, connectorId }: { what: string; connectorId: string },
): Promise<Submission> {
  const receivedAt = new Date(known.now.getTime() + known.submissions.size);
  const id = ports.ids.timeOrderedGuid(receivedAt);
  const path = { container: "inbox", name: `${connectorId}/${id}/${randomUUID()}` };
  const file = { path, bytes: 1, sha256: "0".repeat(64) };
  const facts = { connectorId, id, file, receivedAt, clientExecutionId: `run of ${what} ${id}` };
  await write(ports, known, [what, path]);
  known.submissions.set(id, what);
  const claims = [1, 365, null].map((days) => ({
    key: `${what} ${days}`,
    until: days === null ? null : new Date(receivedAt.getTime() + days * DAY_MS),
  }));
  return ports.submissions.insert(aSubmission(facts), { ordered: false, claims });
}

/** Ends a submission as an import does, with error files where there is something to say. */
async function end(
  ports: Ports,
  known: Known,
  { what, submission, state }: { what: string; submission: Submission; state: EndState },
): Promise<void> {
  const { connectorId, id } = submission;
  const path = (name: string): FilePath => ({
    container: "import-errors",
    name: `${connectorId}/${id}/${randomUUID()}/${name}`,
  });
  const [list, rows] = [path("list"), path("0")];
  const attempt = begun(submission, { attemptId: "attempt", now: known.now, writes: [list, rows] });
  const hasErrors = state === "processed-with-errors";
  if (hasErrors) {
    await write(ports, known, [`errors of ${what}`, list]);
    await write(ports, known, [`rows of ${what}`, rows]);
  }
  const result = hasErrors ? resultWith(list, rows) : null;
  const last = ended(attempt, { state, result, failure: null, now: known.now });
  await ports.submissions.replace(submission, attempt);
  await ports.submissions.replace(attempt, last);
}

function resultWith(list: FilePath, rows: FilePath): ImportResult {
  const entity: EntityResult = {
    ...{ name: "Items", outcome: "kept", because: null, rows: 2, invalidRows: 1 },
    ...{ refusedRows: 0, ignoredFields: [], matchedLoosely: [], startedAt: null, endedAt: null },
    errorFile: { path: rows, contentType: "text/csv", extension: "csv", rows: 1 },
  };
  const errorList = { path: list, kept: 1 };
  return { validateOnly: false, errors: 1, entities: [entity], errorList };
}

async function order(ports: Ports, known: Known): Promise<void> {
  const path = (runId: string): FilePath => ({
    container: "packages",
    name: `things/${runId}-${randomUUID()}.zip`,
  });
  const made = aRun({ exportId: "things", queuedAt: known.now });
  const packageFile = path(made.runId);
  const result: RunResult = {
    ...{ totalRecordsExported: 1, fileUploadedSuccessfully: true, sequence: null, bytes: 1 },
    ...{ mode: "full", fullBecause: null, packageFile },
  };
  await write(ports, known, ["package", packageFile]);
  await write(ports, known, ["package of a dead attempt", path(made.runId)]);
  await ports.runs.request(made);
  await ports.runs.finish({ ...made, state: "succeeded", endedAt: known.now, result }, null);
  const running = aRun({ exportId: "things", queuedAt: known.now });
  await ports.runs.request(running);
  await write(ports, known, ["package under way", path(running.runId)]);
}

async function publish(ports: Ports, known: Known): Promise<void> {
  const path = (correlationId: string): FilePath => {
    const name = { fileType: FILE_TYPE, fileId: randomUUID(), extension: "csv" };
    return filePath({ ...name, at: known.now, correlationId });
  };
  const published = aRun({ exportId: "things", fileType: FILE_TYPE, queuedAt: known.now });
  const entry = { fileType: FILE_TYPE, originId: published.runId, path: path(published.runId) };
  await write(ports, known, ["published", entry.path]);
  await write(ports, known, ["what a dead attempt at it wrote", path(published.runId)]);
  await ports.ledger.append(anEntryDraft({ ...entry, publishedAt: known.now }));
  const failed = aRun({ exportId: "things", fileType: FILE_TYPE, queuedAt: known.now });
  await ports.runs.request(failed);
  await ports.runs.finish({ ...failed, state: "failed", endedAt: known.now }, null);
  await write(ports, known, ["what a failed run wrote", path(failed.runId)]);
  const running = aRun({ exportId: "things", fileType: FILE_TYPE, queuedAt: known.now });
  await ports.runs.request(running);
  await write(ports, known, ["what a run under way wrote", path(running.runId)]);
}

async function write(
  ports: Ports,
  known: Known,
  [what, path]: readonly [what: string, path: FilePath],
): Promise<void> {
  known.files.set(path.name, what);
  await ports.files.write(path, content(), "text/plain");
}

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("x");
}
