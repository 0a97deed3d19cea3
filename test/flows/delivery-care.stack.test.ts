import { beforeAll, expect, test } from "vitest";
import type { Delivery } from "../../src/domain/deliveries/delivery.ts";
import type { LedgerEntry } from "../../src/domain/ledger/ledger-entry.ts";
import { type HttpAnswer, send } from "../support/http-client.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { usePublisher } from "../support/published-files.ts";

const local = useLocalStack({
  // nothing is exported here: the definition only has to be valid
  settings: () => ({ CONNECTION_NOWHERE: "postgres://nobody@127.0.0.1:1/nothing" }),
});
const publisher = usePublisher(local);

const CONNECTOR_ID = "3d1f0f4e-8c0e-4d8c-9b9b-4c1f1f0a2d01";
const LIST = `/api/connectors/${CONNECTOR_ID}/deliveries`;
const DAY_MS = 24 * 3_600_000;

beforeAll(async () => {
  const applications = [local.stack.file.clients["partner-a"].id];
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    leaseSeconds: 5,
    applications,
  });
  await local.define("exports/month", {
    fileType: "Test.Month",
    retentionDays: 30,
    entities: [
      { name: "A", source: { kind: "postgres", connection: "nowhere", table: "public.a" } },
    ],
    format: { kind: "csv" },
  });
  await local.define("subscriptions/care", {
    fileTypes: ["Test.Week", "Test.Month"],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
});

const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
const operator = (path: string, body?: unknown): Promise<HttpAnswer> =>
  send(local, "operator", { path, ...(body === undefined ? {} : { method: "POST", body }) });
const partner = (path: string, body?: unknown): Promise<HttpAnswer> =>
  send(local, "partner-a", { path, ...(body === undefined ? {} : { method: "POST", body }) });

/** Publishes a file and waits until it is at the connector. */
async function bring(fileType: string, publishedAt: Date): Promise<[LedgerEntry, string]> {
  const entry = await publisher.publish(fileType, Buffer.from("x"), { publishedAt });
  const id = await eventually(async () => {
    const { items } = (await operator(`${LIST}?correlationId=${entry.correlationId}`)).json();
    return items[0]?.id ?? null;
  });
  return [entry, id];
}

function deletions(): number {
  return local.lines.filter((line) => line.includes('"event":"file-deleted"')).length;
}

/** Has the timer's function run now, and waits until it has deleted so many files. */
async function retention(files: number): Promise<void> {
  const before = deletions();
  const { status } = await fetch(`${local.stack.file.app}/admin/functions/retention`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(status).toBe(202);
  await eventually(async () => (deletions() >= before + files ? true : null));
}

async function stateOf(id: string): Promise<string> {
  return (await operator(`${LIST}/${id}`)).json().state;
}

async function deletedAt({ fileType, sequence }: LedgerEntry): Promise<string | null> {
  const { items } = (await operator(`/api/ledger/${fileType}`)).json();
  return items[sequence - 1].deletedAt;
}

test("a file is deleted after seven days, or as its export says, and everybody can see it", async () => {
  const [taken, takenId] = await bring("Test.Week", daysAgo(9));
  const message = await eventually(async () => {
    const answer = await partner(`/api/connector/dequeue/${CONNECTOR_ID}`);
    return answer.status === 200 ? answer.json() : null;
  });
  expect((await partner(`/api/connector/ack/${CONNECTOR_ID}`, message)).status).toBe(200);
  const [untaken, untakenId] = await bring("Test.Week", daysAgo(8));
  const [young, youngId] = await bring("Test.Week", daysAgo(6));
  const [month, monthId] = await bring("Test.Month", daysAgo(29));
  const secret = await publisher.publish("Test.Unannounced", Buffer.from("x"), {
    publishedAt: daysAgo(100),
    announced: false,
  });
  // a tick of the app announces it sooner or later; the retention may come before or after that

  await retention(2);

  expect([await stateOf(takenId), await stateOf(untakenId)]).toEqual(["acked", "expired"]);
  expect([await stateOf(youngId), await stateOf(monthId)]).toEqual(["enqueued", "enqueued"]);
  const { files, ledger } = publisher.stores();
  expect([await files.read(taken.path), await files.read(untaken.path)]).toEqual([null, null]);
  expect(await deletedAt(taken)).not.toBeNull();
  expect([await deletedAt(young), await deletedAt(month)]).toEqual([null, null]);
  expect((await files.read(young.path))?.bytes).toBe(1);
  expect(await ledger.find("Test.Unannounced", secret.sequence)).not.toBeNull();
});

test("the download of a file that was deleted says so, and what to do", async () => {
  const { items } = (await operator(`${LIST}?state=expired`)).json();
  const path = `/api/connector/download/${CONNECTOR_ID}?correlation-id=${items[0].id}`;

  const answer = await partner(path);

  expect([answer.status, answer.json().type]).toEqual([404, "urn:waybill:problem:file-not-found"]);
  expect(answer.json().detail).toMatch(/was deleted \d{4}-.*ask the operator/);
  for (const headers of [{ "if-none-match": "*" }, { range: "bytes=99-" }, { "if-match": "x" }]) {
    expect((await send(local, "partner-a", { path, headers })).status).toBe(404);
  }
  expect((await send(local, "partner-a", { path, method: "HEAD" })).status).toBe(404);
  const requeue = await operator(`${LIST}/${items[0].id}/requeue`, {});
  expect([requeue.status, requeue.json().type]).toEqual([
    404,
    "urn:waybill:problem:file-not-found",
  ]);
});

test("messages are listed newest file first, narrowed as asked, in pages, without secrets", async () => {
  const all = (await operator(LIST)).json();
  const published = all.items.map(({ file }: { file: Delivery["file"] }) => file.publishedAt);
  expect(published).toEqual(published.toSorted().toReversed());
  expect(JSON.stringify(all)).not.toMatch(/receipt|blob\.core|"path"|"uri"/i);

  const first = (await operator(`${LIST}?limit=1`)).json();
  const second = (await operator(`${LIST}?limit=1&after=${encodeURIComponent(first.next)}`)).json();
  expect([...first.items, ...second.items]).toEqual(all.items.slice(0, 2));

  const [{ file }] = all.items;
  const by = async (query: string): Promise<number> =>
    (await operator(`${LIST}?${query}`)).json().items.length;
  expect(await by(`externalId=${file.name}`)).toBe(1);
  expect(await by("state=acked,expired")).toBe(2);
  expect(await by(`from=${encodeURIComponent(daysAgo(7).toISOString())}`)).toBe(1);
  expect(await by(`to=${encodeURIComponent(daysAgo(20).toISOString())}`)).toBe(1);
});

test.each(["state=lost", "from=yesterday", "correlationId=1", "limit=0"])(
  "%s is refused",
  async (query) => {
    expect((await operator(`${LIST}?${query}`)).status).toBe(400);
  },
);

test("only operators see deliveries, and only of connectors that there are", async () => {
  expect((await partner(LIST)).status).toBe(403);
  expect((await partner(`${LIST}/${CONNECTOR_ID}/requeue`, {})).status).toBe(403);
  expect((await operator(`${LIST}/${CONNECTOR_ID}`)).status).toBe(404);
  const other = LIST.replace(CONNECTOR_ID, "11111111-2222-4333-8444-555555555555");
  expect((await operator(other)).status).toBe(404);
});

test("an acknowledged delivery is sent back to a partner who has lost the file", async () => {
  const [, id] = await bring("Test.Week", new Date());
  const take = () =>
    eventually(async () => {
      const answer = await partner(`/api/connector/dequeue/${CONNECTOR_ID}?max=33`);
      const mine = answer.status === 200 ? answer.json().value : [];
      return (
        mine.find(({ CorrelationId }: { CorrelationId: string }) => CorrelationId === id) ?? null
      );
    });
  await partner(`/api/connector/ack/${CONNECTOR_ID}`, await take());

  const back = await operator(`${LIST}/${id}/requeue`, {});
  const again = await operator(`${LIST}/${id}/requeue`, {});

  expect(back.json()).toMatchObject({ state: "enqueued", requeues: 1, ackedAt: null });
  expect(again.json()).toMatchObject({ state: "enqueued", requeues: 1 });
  expect((await take()).LastDequeueDateTime).not.toBeNull();
});

test("old deliveries are cleaned up, but only when that is meant", async () => {
  const { deliveries } = publisher.stores();
  const [, id] = await bring("Test.Week", daysAgo(5));
  const found = await deliveries.find(CONNECTOR_ID, id);
  if (found === null) {
    throw new Error("it was found before");
  }
  // as if the partner had taken it four days ago
  const revision = found.revision + 1;
  const old = { ...found, state: "acked", revision, changedAt: daysAgo(4) } as const;
  expect(await deliveries.replace(found, old)).toBe(true);
  const cleanup = (body: object) =>
    operator(`${LIST}/cleanup`, {
      states: ["acked"],
      olderThan: daysAgo(2).toISOString(),
      ...body,
    });

  expect((await cleanup({})).json()).toEqual({ dryRun: true, count: 1, next: null });
  expect((await cleanup({ states: ["rejected"], dryRun: false })).json().count).toBe(0);
  expect(
    (await cleanup({ olderThan: daysAgo(4.5).toISOString(), dryRun: false })).json().count,
  ).toBe(0);
  expect((await operator(`${LIST}/${id}`)).status).toBe(200);

  expect((await cleanup({ dryRun: false })).json()).toEqual({
    dryRun: false,
    count: 1,
    next: null,
  });
  expect((await operator(`${LIST}/${id}`)).status).toBe(404);
  expect((await cleanup({})).json().count).toBe(0);
});

test.each([
  { states: ["enqueued"] },
  { states: [] },
  { olderThan: new Date().toISOString() },
  { olderThan: "yesterday" },
  { dryRun: "no" },
  { unknown: 1 },
])("cleanup refuses %j", async (change) => {
  const body = { states: ["acked"], olderThan: daysAgo(2).toISOString(), ...change };

  expect((await operator(`${LIST}/cleanup`, body)).status).toBe(400);
});

test("a connector that receives files says where its deliveries are", async () => {
  const id = "3d1f0f4e-8c0e-4d8c-9b9b-4c1f1f0a2d02";
  await local.define("imports/in", {
    format: { kind: "csv" },
    entities: [{ name: "Items", target: { kind: "publication", fileType: "Test.In" } }],
  });
  await local.define(`connectors/${id}`, {
    name: "Partner A",
    direction: "import",
    import: "in",
    content: "file",
    applications: [local.stack.file.clients["partner-a"].id],
  });

  const answer = await operator(`/api/connectors/${id}/deliveries`);

  expect([answer.status, answer.json().detail]).toEqual([
    400,
    expect.stringContaining(`/api/connectors/${id}/submissions`),
  ]);
});

test("a file that was acknowledged and never fetched is listed, logged, and can be sent back", async () => {
  const [, unfetchedId] = await bring("Test.Week", new Date());
  const take = async () =>
    eventually(async () => {
      const answer = await partner(`/api/connector/dequeue/${CONNECTOR_ID}`);
      const message = answer.status === 200 ? answer.json() : null;
      return message?.CorrelationId === unfetchedId ? message : null;
    });

  expect((await partner(`/api/connector/ack/${CONNECTOR_ID}`, await take())).status).toBe(200);

  const listed = async () => {
    const { items } = (await operator(`${LIST}?unfetched=true`)).json();
    return items.map(({ id }: { id: string }) => id);
  };
  expect(await listed()).toContain(unfetchedId);
  expect((await operator(`${LIST}/${unfetchedId}`)).json()).toMatchObject({ unfetched: true });
  expect(local.lines.some((line) => line.includes('"event":"delivery-acked-unfetched"'))).toBe(
    true,
  );

  expect((await operator(`${LIST}/${unfetchedId}/requeue`, {})).status).toBe(200);
  const again = await take();
  const file = await partner(again.DownloadLocation.slice(local.stack.file.app.length));
  expect(file.bytes.toString()).toBe("x");
  expect((await partner(`/api/connector/ack/${CONNECTOR_ID}`, again)).status).toBe(200);
  expect(await listed()).not.toContain(unfetchedId);
});
