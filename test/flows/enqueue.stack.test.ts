import { createHash, randomUUID } from "node:crypto";
import { BlobServiceClient } from "@azure/storage-blob";
import { beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { type Body, chunks, type Sent, sendFile } from "../support/send-file.ts";

const FILES = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b01";

const local = useLocalStack();

beforeAll(async () => {
  const { clients } = local.stack.file;
  const target = { kind: "blob", container: "handed-on" };
  await local.define("imports/things", {
    format: { kind: "csv" },
    entities: [
      { name: "Customer groups", target },
      { name: "Føroyar items", target },
    ],
  });
  await local.define(`connectors/${FILES}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: "things" },
    applications: [clients["partner-a"].id],
  });
});

async function send(path: string, body: Body, headers: Record<string, string> = {}): Promise<Sent> {
  return sendFile(local, path, { body, headers });
}

function unique(): Buffer {
  return Buffer.from(`id,name\r\n${randomUUID()},x\r\n`);
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function message(id: string): Promise<any> {
  return (await local.call("operator", { path: `/api/submissions/${id}` })).json();
}

async function jobStatus(id: string): Promise<object> {
  const path = `/api/connector/jobstatus/${FILES}?jobId=${id}`;
  return (await local.call("partner-a", { path })).json();
}

const GUID_TEXT_REGEXP = /^"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/;

test("a file is stored before the answer, which is the submission id as a JSON text and nothing else", async () => {
  const body = unique();

  const answer = await send(
    `/api/connector/enqueue/${FILES}?company=USMF&entity=Customer+groups`,
    body,
    {
      "x-ms-dyn-externalidentifier": "groups 1.csv",
    },
  );

  expect(answer).toMatchObject({ status: 200, continued: true });
  expect(answer.text).toMatch(GUID_TEXT_REGEXP);
  const found = await message(JSON.parse(answer.text));
  expect(found).toMatchObject({
    entity: "Customer groups",
    company: "USMF",
    externalId: "groups 1.csv",
    content: "file",
    bytes: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
    applicationId: local.stack.file.clients["partner-a"].id,
  });
  const byExecution = await message(found.executionId);
  expect(byExecution.id).toBe(found.id);
});

test.each([
  ["entity=Customer+groups", "Customer groups"],
  ["entity=Customer%20Groups&company=usmf", "Customer groups"],
  ["ENTITY=customer%20groups&unknown=1", "Customer groups"],
  ["entity=F%C3%B8royar%20items", "Føroyar items"],
  ["entity=F%25u00f8royar+items", "Føroyar items"],
  ["entity=F%u00f8royar+items", "Føroyar items"],
])("the query %s names the entity %s", async (query, entity) => {
  const answer = await send(`/api/connector/enqueue/${FILES}?${query}`, unique());

  expect([answer.status, (await message(JSON.parse(answer.text))).entity]).toEqual([200, entity]);
});

test.each([
  `/api/connector/enqueue/${FILES.toUpperCase()}`,
  `/api/connector/enqueue/%7B${FILES}%7D`,
  `/en/api/connector/enqueue/${FILES}`,
  `/namespaces/AXSF/api/connector/enqueue/%7B${FILES.toUpperCase()}%7D`,
])("the connector's address may be %s", async (path) => {
  expect((await send(`${path}?entity=Customer+groups`, unique())).status).toBe(200);
});

test("a body in chunks arrives whole, whatever its size", async () => {
  const hash = createHash("sha256");
  for await (const chunk of chunks(1_600)) {
    hash.update(chunk);
  }

  const answer = await send(
    `/api/connector/enqueue/${FILES}?entity=Customer+groups`,
    chunks(1_600),
  );

  const found = await message(JSON.parse(answer.text));
  expect([found.bytes, found.sha256]).toEqual([16_000_000, hash.digest("hex")]);
});

test("an external id beyond ASCII comes percent-encoded", async () => {
  const answer = await send(`/api/connector/enqueue/${FILES}?entity=Customer+groups`, unique(), {
    "x-ms-dyn-externalidentifier": "F%C3%B8royar%20items.csv",
  });

  expect((await message(JSON.parse(answer.text))).externalId).toBe("Føroyar items.csv");
});

test("a repeated request is one submission, is told in the answer and in jobstatus, and leaves no file", async () => {
  const body = unique();
  const path = `/api/connector/enqueue/${FILES}?entity=Customer+groups`;
  const headers = { "x-ms-dyn-externalidentifier": `${randomUUID()}.csv` };

  const answers = [await send(path, body, headers)];
  answers.push(...(await Promise.all([1, 2, 3].map(() => send(path, body, headers)))));
  const other = await send(path, body, { "x-ms-dyn-externalidentifier": "other.csv" });
  const nameless = [await send(path, body), await send(path, body)];

  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(new Set([answers[0], other, ...nameless].map((answer) => answer?.text)).size).toBe(4);
  const id = JSON.parse(answers[0]?.text ?? "");
  const told = [...answers, other, ...nameless].map(
    (each) => each.headers["waybill-repetition-of"],
  );
  expect(told).toEqual([undefined, id, id, id, undefined, undefined, undefined]);
  expect(await jobStatus(id)).toMatchObject({ Repetitions: 3 });
  const contents = await Promise.all((await storedFiles()).map(({ content }) => content()));
  expect(contents.filter((content) => content.equals(body))).toHaveLength(4);
});

test("who has asked for the state of a submission hands the same file in anew", async () => {
  const body = unique();
  const path = `/api/connector/enqueue/${FILES}?entity=Customer+groups`;
  const headers = { "x-ms-dyn-externalidentifier": `${randomUUID()}.csv` };
  const first = await send(path, body, headers);
  // operators see ids in lists: that one looks at a submission says nothing about what its partner has received
  await message(JSON.parse(first.text));
  const repeated = await send(path, body, headers);

  const status = await jobStatus(JSON.parse(first.text));
  const second = await send(path, body, headers);

  expect(repeated.text).toBe(first.text);
  expect(status).toMatchObject({ Repetitions: 1 });
  expect(second.text).not.toBe(first.text);
  expect(second.headers["waybill-repetition-of"]).toBeUndefined();
  expect(await jobStatus(JSON.parse(second.text))).not.toHaveProperty("Repetitions");
});

test("an upload goes past the app to an address that takes this one file only, and is received once", async () => {
  const body = unique();
  const opened = await local.call("partner-a", {
    method: "POST",
    path: `/api/connector/upload/${FILES}`,
  });
  const { uploadUrl, uploadId, expiresAt } = opened.json();
  const url = new URL(uploadUrl);
  const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
  expect([
    url.searchParams.get("sp"),
    url.searchParams.get("sr"),
    url.searchParams.get("sv"),
  ]).toEqual(["cw", "b", "2025-11-05"]);
  expect(minutes).toBeGreaterThan(55);
  expect(minutes).toBeLessThanOrEqual(60);

  const put = { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body };
  expect((await fetch(uploadUrl, put)).status).toBe(201);
  expect((await fetch(uploadUrl)).status).toBe(403);
  expect((await fetch(uploadUrl.replace(uploadId, randomUUID()), put)).status).toBe(403);

  const path = `/api/connector/enqueue/${FILES}?entity=Customer+groups&upload=${uploadId}`;
  const answers = [await send(path, Buffer.alloc(0)), await send(path, Buffer.alloc(0))];

  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(answers[1]?.text).toBe(answers[0]?.text);
  expect(answers.map((answer) => answer.headers["waybill-repetition-of"])).toEqual([
    undefined,
    JSON.parse(answers[0]?.text ?? ""),
  ]);
  const found = await message(JSON.parse(answers[0]?.text ?? ""));
  expect(found.sha256).toBe(createHash("sha256").update(body).digest("hex"));
});

test("a file is handed on as it came, and the submission is processed", async () => {
  const body = unique();
  const answer = await send(`/api/connector/enqueue/${FILES}?entity=Customer+groups`, body);

  const done = await eventually(async () => {
    const found = await message(JSON.parse(answer.text));
    return found.endedAt === null ? null : found;
  });

  expect(done).toMatchObject({ state: "processed", attempts: 1 });
  const container = storage().getContainerClient("handed-on");
  const contents: string[] = [];
  for await (const blob of container.listBlobsFlat()) {
    contents.push((await container.getBlobClient(blob.name).downloadToBuffer()).toString());
  }
  expect(contents.filter((content) => content === body.toString())).toHaveLength(1);
});

function storage(): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(local.stack.file.storage.connectionString);
}

/** All received files in storage. */
async function storedFiles(): Promise<{ content(): Promise<Buffer> }[]> {
  const container = storage().getContainerClient("inbox");
  const files: { content(): Promise<Buffer> }[] = [];
  for await (const { name } of container.listBlobsFlat()) {
    files.push({ content: () => container.getBlobClient(name).downloadToBuffer() });
  }
  return files;
}
