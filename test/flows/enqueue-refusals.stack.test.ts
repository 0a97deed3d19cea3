import { randomUUID } from "node:crypto";
import { request as openRequest } from "node:http";
import { BlobServiceClient } from "@azure/storage-blob";
import { beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { type Body, chunks, nothing, type Sent, sendFile } from "../support/send-file.ts";

const FILES = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b01";
const PACKAGES = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b02";
const FOREIGN = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b03";
const SMALL = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b04";
const GIVES_OUT = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b05";

const local = useLocalStack();

beforeAll(async () => {
  const { clients } = local.stack.file;
  const target = { kind: "blob", container: "handed-on" };
  await local.define("imports/things", {
    format: { kind: "csv" },
    entities: [
      { name: "Customer groups", target },
      { name: "Items", target },
    ],
  });
  await local.define("imports/packages", {
    format: { kind: "package" },
    entities: [{ name: "Things", target }],
  });
  const door = { name: "Partner", direction: "import", content: "file", import: "things" };
  const applications = [clients["partner-a"].id];
  await local.define(`connectors/${FILES}`, { ...door, applications });
  await local.define(`connectors/${SMALL}`, {
    ...{ ...door, applications, maxBytes: 100_000 },
    companies: ["USMF"],
  });
  await local.define(`connectors/${FOREIGN}`, { ...door, applications: [clients["partner-b"].id] });
  await local.define(`connectors/${PACKAGES}`, {
    ...door,
    ...{ applications, content: "package", import: "packages" },
  });
  await local.define(`connectors/${GIVES_OUT}`, { name: "Out", direction: "export", applications });
});

async function send(path: string, body: Body): Promise<Sent> {
  return sendFile(local, path, { body });
}

function unique(): Buffer {
  return Buffer.from(`id,name\r\n${randomUUID()},x\r\n`);
}

/** Names in the container of received files. */
async function storedFiles(): Promise<string[]> {
  const { connectionString } = local.stack.file.storage;
  const container =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient("inbox");
  const names: string[] = [];
  for await (const blob of container.listBlobsFlat()) {
    // whatever a partner writes, names are made of ids
    expect(blob.name).toMatch(/^[0-9a-f-]{36}(?:\/[0-9a-f-]{36}){2}$/);
    names.push(blob.name);
  }
  return names;
}

test("what cannot be taken is refused with a reason, and nothing of it is kept", async () => {
  const zip = Buffer.from("504b0304140000000800", "hex");
  const path = `/api/connector/enqueue/${FILES}?entity=Customer+groups`;
  const elsewhere = await send(`/api/connector/enqueue/${SMALL}?entity=Items`, unique());
  const cases: [string, Body, number, string][] = [
    [path, Buffer.alloc(0), 400, "file-empty"],
    [path, nothing(), 400, "file-empty"],
    [path, zip, 422, "content-wrong"],
    [`/api/connector/enqueue/${PACKAGES}`, unique(), 422, "content-wrong"],
    [
      `/api/connector/enqueue/${SMALL}?entity=Customer+groups`,
      Buffer.alloc(100_001),
      413,
      "file-too-large",
    ],
    [`/api/connector/enqueue/${SMALL}?entity=Customer+groups`, chunks(200), 413, "file-too-large"],
    [`/api/connector/enqueue/${FILES}?entity=Unknown`, unique(), 400, "request-invalid"],
    [`/api/connector/enqueue/${FILES}`, unique(), 400, "request-invalid"],
    [`/api/connector/enqueue/${SMALL}?entity=Items&company=FRRT`, unique(), 400, "request-invalid"],
    [`${path}&parent=${randomUUID()}`, unique(), 404, "message-not-found"],
    [`${path}&parent=${JSON.parse(elsewhere.text)}`, unique(), 404, "message-not-found"],
    [`${path}&upload=${randomUUID()}`, Buffer.alloc(0), 404, "upload-not-found"],
    [
      `/api/connector/enqueue/${FOREIGN}?entity=Customer+groups`,
      unique(),
      404,
      "connector-not-found",
    ],
  ];
  const before = await storedFiles();
  for (const [where, body, status, code] of cases) {
    const answer = await send(where, body);
    const problem = JSON.parse(answer.text);
    expect([where, answer.status, problem.type]).toEqual([
      where,
      status,
      `urn:waybill:problem:${code}`,
    ]);
  }
  expect(await storedFiles()).toEqual(before);
});

test("a listed company is taken in any case, and stored as it is listed", async () => {
  const sent = await send(`/api/connector/enqueue/${SMALL}?entity=Items&company=usmf`, unique());

  const path = `/api/submissions/${JSON.parse(sent.text)}`;
  const message = (await local.call("operator", { path })).json();
  expect([sent.status, message.company]).toEqual([200, "USMF"]);
});

test("an empty body in chunks is refused with what to do about it", async () => {
  const answer = await send(`/api/connector/enqueue/${FILES}?entity=Customer+groups`, nothing());

  expect(JSON.parse(answer.text).detail).toMatch(/came in chunks.*Content-Length/);
});

test("a client that goes away in the middle leaves no file and no submission", async () => {
  const token = await local.stack.token("partner-a");
  const before = await storedFiles();
  const path = `/api/connector/enqueue/${FILES}?entity=Customer+groups`;
  const outgoing = openRequest(new URL(path, local.stack.file.app), {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Transfer-Encoding": "chunked" },
  });
  outgoing.on("error", () => undefined);
  const lines = local.lines.length;
  outgoing.write(Buffer.alloc(1_000_000, "x"), () => outgoing.destroy());

  const line = await eventually(async () => {
    return local.lines.slice(lines).find((text) => text.includes("connector-enqueue")) ?? null;
  });

  expect(line).toContain("file-incomplete");
  expect(await storedFiles()).toEqual(before);
});

test("a connection over which a file was refused half-read serves the next request", async () => {
  const path = `/api/connector/enqueue/${SMALL}?entity=Items`;
  for (let round = 0; round < 5; round++) {
    expect((await send(path, chunks(200))).status).toBe(413);
    expect((await send(path, unique())).status).toBe(200);
  }
});

test("files cannot be taken where they are received", async () => {
  const answer = await local.call("partner-a", { path: `/api/connector/dequeue/${FILES}` });

  expect([answer.status, answer.json().type]).toEqual([
    400,
    "urn:waybill:problem:connector-direction-wrong",
  ]);
});
