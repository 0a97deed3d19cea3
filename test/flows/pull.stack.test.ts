import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { Client } from "pg";
import { beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const CONNECTOR_ID = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";
const FOREIGN_ID = "9a1e0c52-7a44-4b7e-9b1d-0d6f6e2c8a22";
const FILE_TYPE = "Test.CountryChanges";

const local = useLocalStack({ shop: true });

beforeAll(async () => {
  const { clients, postgres } = local.stack.file;
  const database = new Client(postgres ?? "");
  await database.connect();
  await database.query(
    "create table public.countries (code text primary key, name text, population bigint)",
  );
  await database.query(
    "insert into public.countries values ('DK', 'Danmark', 5961249), ('FO', 'Føroyar', 54547), ('GL', null, 56583)",
  );
  await database.end();
  const door = { direction: "export", leaseSeconds: 600 };
  await local.define(`connectors/${CONNECTOR_ID}`, {
    ...door,
    name: "Partner A",
    applications: [clients["partner-a"].id],
  });
  await local.define(`connectors/${FOREIGN_ID}`, {
    ...door,
    name: "Partner B",
    applications: [clients["partner-b"].id],
  });
  await local.define("exports/countries", {
    fileType: FILE_TYPE,
    entities: [
      {
        name: "Countries",
        source: { kind: "postgres", connection: "shop-owner", table: "public.countries" },
      },
    ],
    format: { kind: "jsonl" },
  });
  await local.define("subscriptions/partner-a-countries", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
});

async function exportNow(): Promise<void> {
  const run = (
    await local.call("operator", { method: "POST", path: "/api/exports/countries/runs" })
  ).json();
  await eventually(async () => {
    const { items } = (
      await local.call("operator", { path: "/api/exports/countries/runs" })
    ).json();
    return items.find(
      ({ runId, state }: { runId: string; state: string }) =>
        runId === run.runId && state === "succeeded",
    );
  });
}

test("a partner takes an exported file by dequeue, download and ack", async () => {
  await exportNow();

  const dequeued = await eventually(async () => {
    const answer = await local.call("partner-a", {
      path: `/api/connector/dequeue/${CONNECTOR_ID}`,
    });
    return answer.status === 204 ? null : answer;
  });
  expect(dequeued.status).toBe(200);
  const message = dequeued.json();
  expect(message).toMatchObject({
    IsDownLoadFileExist: true,
    FileDownLoadErrorMessage: null,
    LastDequeueDateTime: null,
    Records: 3,
  });
  expect(message.DownloadLocation.startsWith(local.stack.file.app)).toBe(true);

  const file = await local.call("partner-a", { path: message.DownloadLocation });
  expect(file.status).toBe(200);
  expect(file.headers.get("content-encoding")).toBeNull();
  expect(createHash("sha256").update(file.bytes).digest("hex")).toBe(message.Sha256);
  expect(gunzipSync(file.bytes).toString()).toBe(
    '{"code":"DK","name":"Danmark","population":5961249}\n' +
      '{"code":"FO","name":"Føroyar","population":54547}\n' +
      '{"code":"GL","name":null,"population":56583}\n',
  );

  const whileLeased = await local.call("partner-a", {
    path: `/api/connector/dequeue/${CONNECTOR_ID}`,
  });
  expect([whileLeased.status, whileLeased.bytes.length]).toEqual([204, 0]);

  for (const body of [message, { CorrelationId: message.CorrelationId }]) {
    const acked = await local.call("partner-a", {
      method: "POST",
      path: `/api/connector/ack/${CONNECTOR_ID}`,
      body,
    });
    expect(acked.status).toBe(200);
  }
});

test("the connector's address may be bare, braced, upper case, under a locale or a gateway's path", async () => {
  for (const path of [
    `/api/connector/dequeue/${CONNECTOR_ID.toUpperCase()}`,
    `/api/connector/dequeue/%7B${CONNECTOR_ID}%7D`,
    `/en/api/connector/dequeue/${CONNECTOR_ID}`,
    `/en-us/api/connector/dequeue/%7B${CONNECTOR_ID.toUpperCase()}%7D`,
    `/namespaces/AXSF/api/connector/dequeue/${CONNECTOR_ID}`,
    `/api/connector/dequeue/${CONNECTOR_ID}?entity=x&unknown=y`,
  ]) {
    expect([path, (await local.call("partner-a", { path })).status]).toEqual([path, 204]);
  }
});

test("a foreign connector looks exactly like one that does not exist", async () => {
  const missing = "11111111-2222-4333-8444-555555555555";
  for (const [method, verb] of [
    ["GET", "dequeue"],
    ["GET", "download"],
    ["POST", "ack"],
  ] as const) {
    const answers = await Promise.all(
      [FOREIGN_ID, missing].map(async (id) => {
        const answer = await local.call("partner-a", {
          method,
          path: `/api/connector/${verb}/${id}`,
          ...(method === "POST" ? { body: { CorrelationId: id } } : {}),
        });
        const { instance: _, ...problem } = answer.json();
        return { status: answer.status, problem: JSON.stringify(problem).replaceAll(id, "ID") };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(404);
  }
});

test("an application that no connector names is told so, and the connection check of existing clients works", async () => {
  const zero = "/api/connector/dequeue/00000000-0000-0000-0000-000000000000";
  expect(
    (await local.call("stranger", { path: `/api/connector/dequeue/${CONNECTOR_ID}` })).status,
  ).toBe(403);
  expect((await local.call("stranger", { path: zero })).status).toBe(403);
  expect((await local.call("partner-a", { path: zero })).status).toBe(500);
  expect((await fetch(local.stack.file.app)).status).toBe(200);
});

test("nobody gets in without a token, and no partner to the operator's side", async () => {
  const bare = await fetch(`${local.stack.file.app}/api/connector/dequeue/${CONNECTOR_ID}`);
  expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([
    401,
    'Bearer realm="waybill"',
  ]);
  expect((await local.call("partner-a", { path: "/api/definitions/exports" })).status).toBe(403);
});
