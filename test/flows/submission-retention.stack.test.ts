import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };
import { sweepStorage } from "../../src/domain/retention/sweep-storage.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { tableSubmissions } from "../../src/stores/table-submissions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { type Answer, eventually, useLocalStack } from "../support/local-stack.ts";
import { sendFile } from "../support/send-file.ts";

const DOOR = "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0b01";
const PULL = "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0b02";
const DAY_MS = 24 * 3_600_000;

const local = useLocalStack();

async function define(): Promise<void> {
  const applications = [local.stack.file.clients["partner-a"].id];
  await local.define("imports/numbers", {
    format: { kind: "csv" },
    entities: [
      {
        name: "Numbers",
        columns: [{ name: "number", type: "integer", required: true }],
        target: { kind: "blob", container: "handed-on" },
      },
    ],
  });
  await local.define(`connectors/${DOOR}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: "numbers", applications },
    retentionDays: 3,
  });
  await local.define(`connectors/${PULL}`, { name: "Partner", direction: "export", applications });
}

async function sendText(text: string, query = ""): Promise<string> {
  const sent = await sendFile(local, `/api/connector/enqueue/${DOOR}${query}`, {
    body: Buffer.from(text),
  });
  expect(sent.status).toBe(200);
  return JSON.parse(sent.text);
}

function operator(path: string, body?: unknown): Promise<Answer> {
  return local.call("operator", body === undefined ? { path } : { method: "POST", path, body });
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function ended(id: string): Promise<any> {
  return eventually(async () => {
    const message = (await operator(`/api/submissions/${id}`)).json();
    return message.endedAt === null ? null : message;
  });
}

/** Runs the app's own sweep, as if it were so many days later. */
async function sweepAfter(days: number): Promise<void> {
  const { connectionString } = local.stack.file.storage;
  const table = (name: string): TableClient =>
    TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true });
  const now = new Date(Date.now() + days * DAY_MS);
  const ports = {
    ids: randomIds,
    clock: { now: () => now },
    log: () => undefined,
    definitions: tableDefinitions(table(topology.tables.definitions), DEFINITION_SCHEMAS),
    submissions: tableSubmissions(table(topology.tables.inbox)),
    runs: tableRuns(table(topology.tables.runs)),
    ledger: tableLedger(table(topology.tables.ledger)),
    files: blobFiles(BlobServiceClient.fromConnectionString(connectionString)),
  };
  await sweepStorage(ports, new AbortController().signal);
}

test("a submission that was mended shows by what; when its time has come it stays known, and says that its file is gone", async () => {
  await define();
  const id = await sendText("number\r\n1\r\ntwo\r\n");
  const bad = await ended(id);
  expect([bad.state, bad.children, bad.fileDeletedAt]).toEqual(["processed-with-errors", [], null]);
  const errorFile: string = bad.result.entities[0].errorFile.path;
  const child = await sendText("number\r\n2\r\n", `?parent=${bad.executionId.toUpperCase()}`);
  await ended(child);

  const mended = { id: child, state: "processed" };
  const list = (await operator(`/api/imports/numbers/submissions`)).json();
  expect(list.items).toMatchObject([
    { id: child, parentId: id, children: [] },
    { id, children: [mended] },
  ]);
  expect((await ended(id)).children).toEqual([mended]);
  expect((await operator(errorFile)).status).toBe(200);

  await sweepAfter(2.9);
  expect((await operator(errorFile)).status).toBe(200);
  await sweepAfter(3.1);

  const known = await ended(id);
  expect(known).toMatchObject({ state: "processed-with-errors", children: [mended] });
  expect(known.fileDeletedAt).not.toBeNull();
  expect(known.errorList).toEqual([]);
  for (const refused of [
    await operator(errorFile),
    await operator(`/api/submissions/${id}/requeue`, {}),
  ]) {
    expect([refused.status, refused.json().title]).toEqual([410, "file deleted"]);
  }
  const status = await local.call("partner-a", {
    path: `/api/connector/jobstatus/${DOOR}?jobId=${id}`,
  });
  expect(status.json().DataJobStatus).toMatchObject({ DataJobState: 6, DataJobIdentifier: id });
});

test("a file that was deleted past the app is missed before the submission runs again", async () => {
  await define();
  const id = await sendText("something\r\n1\r\n");
  expect((await ended(id)).state).toBe("preprocessing-failed");
  const inbox = BlobServiceClient.fromConnectionString(
    local.stack.file.storage.connectionString,
  ).getContainerClient("inbox");
  for await (const { name } of inbox.listBlobsFlat({ prefix: `${DOOR}/${id}/` })) {
    await inbox.deleteBlob(name);
  }

  const refused = await operator(`/api/submissions/${id}/requeue`, {});

  expect([refused.status, refused.json().title]).toEqual([410, "file deleted"]);
  expect((await ended(id)).state).toBe("preprocessing-failed");
});

test("submissions are cleaned up by age and state", async () => {
  await define();
  const path = `/api/connectors/${DOOR}/submissions/cleanup`;
  const long = new Date(Date.now() - 31 * DAY_MS).toISOString();
  const request = { states: ["processed"], olderThan: long };

  const counted = await operator(path, request);
  const done = await operator(path, { ...request, dryRun: false });
  const young = await operator(path, { ...request, olderThan: new Date().toISOString() });
  const owed = await operator(path, { ...request, states: ["enqueued"] });
  const wrongWay = await operator(`/api/connectors/${PULL}/submissions/cleanup`, request);

  expect([counted.status, counted.json()]).toEqual([200, { dryRun: true, count: 0, next: null }]);
  expect(done.json()).toEqual({ dryRun: false, count: 0, next: null });
  expect([young, owed, wrongWay].map(({ status }) => status)).toEqual([400, 400, 400]);
});
