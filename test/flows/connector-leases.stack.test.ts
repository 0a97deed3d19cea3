import { beforeAll, expect, test } from "vitest";
import { type HttpAnswer, send } from "../support/http-client.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { usePublisher } from "../support/published-files.ts";

const local = useLocalStack();
const publisher = usePublisher(local);

const MANY = "0d1f3f9e-46a3-4a53-8a7c-6d7ad0d1a001";
const ORDERED = "0d1f3f9e-46a3-4a53-8a7c-6d7ad0d1a002";
const LEASES = "0d1f3f9e-46a3-4a53-8a7c-6d7ad0d1a003";
const FOREIGN = "0d1f3f9e-46a3-4a53-8a7c-6d7ad0d1a004";

beforeAll(async () => {
  const { clients } = local.stack.file;
  for (const [id, options] of Object.entries({
    [MANY]: { fileType: "Test.Many" },
    [ORDERED]: { fileType: "Test.Ordered", ordered: true },
    [LEASES]: { fileType: "Test.Leases" },
    [FOREIGN]: { fileType: "Test.Foreign", client: "partner-b" as const },
  })) {
    const { fileType, client = "partner-a", ...more } = { ordered: false, ...options };
    await local.define(`connectors/${id}`, {
      name: fileType,
      direction: "export",
      leaseSeconds: 600,
      applications: [clients[client].id],
      ordered: more.ordered,
    });
    await local.define(`subscriptions/${fileType.toLowerCase().replace(".", "-")}`, {
      fileTypes: [fileType],
      via: { kind: "connector", connectorId: id },
    });
  }
});

const partner = (path: string, body?: unknown): Promise<HttpAnswer> =>
  send(local, "partner-a", { path, ...(body === undefined ? {} : { method: "POST", body }) });
const dequeue = (id: string, query = ""): Promise<HttpAnswer> =>
  partner(`/api/connector/dequeue/${id}${query}`);

/** Publishes files and waits until they are all at the connector. */
async function bring(id: string, fileType: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await publisher.publish(fileType, Buffer.from(`file ${index}`));
  }
  await eventually(async () => {
    const { value } = (await partner(`/api/connector/peek/${id}`)).json();
    return value.length === count ? true : null;
  });
}

async function taken(id: string): Promise<{ CorrelationId: string; PopReceipt: string }> {
  return eventually(async () => {
    const answer = await dequeue(id);
    return answer.status === 200 ? answer.json() : null;
  });
}

test("several deliveries come at once, only to those who ask for several", async () => {
  await bring(MANY, "Test.Many", 6);

  const one = await dequeue(MANY, "?entity=x&Max");
  const three = await dequeue(MANY, "?MAX=3");
  const rest = await dequeue(MANY, "?max=33");
  const none = await dequeue(MANY, "?max=33");

  expect(one.status).toBe(400);
  expect([three.status, rest.status, none.status, none.bytes.length]).toEqual([200, 200, 204, 0]);
  const messages = [...three.json().value, ...rest.json().value];
  expect(three.json().value).toHaveLength(3);
  expect(new Set(messages.map(({ CorrelationId }) => CorrelationId)).size).toBe(6);
  expect(new Set(messages.map(({ PopReceipt }) => PopReceipt)).size).toBe(6);
  for (const message of messages) {
    const ack = await partner(`/api/connector/ack/${MANY}`, message);
    expect(ack.status).toBe(200);
  }
});

test("a dequeue without max is answered by one message with these members", async () => {
  await bring(MANY, "Test.Many", 1);

  const answer = await dequeue(MANY, "?entity=Customers&unknown=1");

  expect(Object.keys(answer.json())).toEqual([
    "CorrelationId",
    "PopReceipt",
    "DownloadLocation",
    "IsDownLoadFileExist",
    "FileDownLoadErrorMessage",
    "LastDequeueDateTime",
    "FileName",
    "ContentType",
    "ContentEncoding",
    "Size",
    "Sha256",
    "Records",
    "FileType",
    "Sequence",
    "PreviousSequence",
  ]);
  expect(answer.headers["preference-applied"]).toBeUndefined();
});

test.each(["0", "34", "-1", "1.5", "x", "1e9"])("max=%s is refused", async (max) => {
  const answer = await dequeue(MANY, `?max=${max}`);

  expect([answer.status, answer.json().errors[0].field]).toEqual([400, "max"]);
});

test("an ordered connector hands out its oldest delivery alone, however many are asked for", async () => {
  await publisher.publish("Test.Ordered", Buffer.from("first"));
  await publisher.publish("Test.Ordered", Buffer.from("second"));
  const first = await taken(ORDERED);

  expect((await dequeue(ORDERED, "?max=33")).status).toBe(204);
  await partner(`/api/connector/ack/${ORDERED}`, first);
  const second = await eventually(async () => {
    const answer = await dequeue(ORDERED, "?max=33");
    return answer.status === 200 ? answer : null;
  });
  expect(second.json().value).toHaveLength(1);
});

test("a lease is renewed with the receipt that it has", async () => {
  await publisher.publish("Test.Leases", Buffer.from("x"));
  const message = await taken(LEASES);
  const before = new Date();

  const renewed = await partner(`/api/connector/renew/${LEASES}`, message);

  expect(renewed.status).toBe(200);
  const { CorrelationId, PopReceipt, LeaseEndDateTime } = renewed.json();
  expect([CorrelationId, PopReceipt]).toEqual([message.CorrelationId, message.PopReceipt]);
  expect(new Date(LeaseEndDateTime).getTime()).toBeGreaterThanOrEqual(before.getTime() + 600_000);
  expect((await dequeue(LEASES)).status).toBe(204);
  expect((await partner(`/api/connector/ack/${LEASES}`, message)).status).toBe(200);
  const late = await partner(`/api/connector/renew/${LEASES}`, message);
  expect([late.status, late.json().type]).toEqual([409, "urn:waybill:problem:message-not-leased"]);
});

test("a delivery that is given back is handed out again, and only its new receipt counts", async () => {
  await publisher.publish("Test.Leases", Buffer.from("x"));
  const first = await taken(LEASES);

  const release = () => partner(`/api/connector/release/${LEASES}`, first);
  expect([(await release()).status, (await release()).status]).toEqual([200, 200]);
  const second = await taken(LEASES);

  expect(second).toMatchObject({ CorrelationId: first.CorrelationId });
  expect((second as { LastDequeueDateTime?: string }).LastDequeueDateTime).not.toBeNull();
  for (const verb of ["renew", "release", "reject", "ack"]) {
    const body = { ...first, Reason: "x" };
    const stale = await partner(`/api/connector/${verb}/${LEASES}`, body);
    expect([verb, stale.status, stale.json().type]).toEqual([
      verb,
      409,
      "urn:waybill:problem:message-leased-by-another",
    ]);
  }
  const later = await partner(`/api/connector/release/${LEASES}`, { ...second, DelaySeconds: 600 });
  expect(later.status).toBe(200);
  expect((await dequeue(LEASES)).status).toBe(204);
  expect((await partner(`/api/connector/ack/${LEASES}`, second)).status).toBe(200);
});

test("a rejected delivery waits for the operator, who reads why and sends it back", async () => {
  await publisher.publish("Test.Leases", Buffer.from("x"));
  const message = await taken(LEASES);
  const Reason = `line 3: "<b>" is not a number\n${"x".repeat(2_000)}`;

  const rejected = await partner(`/api/connector/reject/${LEASES}`, { ...message, Reason });

  expect(rejected.status).toBe(200);
  expect((await dequeue(LEASES)).status).toBe(204);
  const list = `/api/connectors/${LEASES}/deliveries`;
  const aside = (await send(local, "operator", { path: `${list}?state=rejected` })).json().items;
  expect(aside).toEqual([
    expect.objectContaining({
      id: message.CorrelationId,
      state: "rejected",
      rejection: { reason: Reason.slice(0, 1_000), at: expect.any(String) },
    }),
  ]);
  const back = { method: "POST", path: `${list}/${message.CorrelationId}/requeue` };
  expect((await send(local, "operator", back)).json()).toMatchObject({
    state: "enqueued",
    requeues: 1,
  });
  const again = await taken(LEASES);
  expect(again.CorrelationId).toBe(message.CorrelationId);
  expect((await partner(`/api/connector/ack/${LEASES}`, again)).status).toBe(200);
});

test("peek shows what waits, gives no receipt and takes nothing", async () => {
  await bring(LEASES, "Test.Leases", 2);

  const one = await partner(`/api/connector/peek/${LEASES}?max=1`);
  const all = await partner(`/api/connector/peek/${LEASES}`);

  expect([one.json().value.length, all.json().value.length]).toEqual([1, 2]);
  expect(all.bytes.toString()).not.toMatch(/receipt|DownloadLocation/i);
  expect(all.json().value[0]).toMatchObject({
    Size: 6,
    DequeueCount: 0,
    LastDequeueDateTime: null,
  });
  expect((await dequeue(LEASES, "?max=33")).json().value).toHaveLength(2);
  expect((await partner(`/api/connector/peek/${LEASES}`)).json()).toEqual({ value: [] });
});

test.each([
  ["renew", {}],
  ["renew", { CorrelationId: LEASES }],
  ["release", { CorrelationId: LEASES, PopReceipt: "x", DelaySeconds: -1 }],
  ["release", { CorrelationId: LEASES, PopReceipt: "x", DelaySeconds: 604_801 }],
  ["reject", { CorrelationId: LEASES, PopReceipt: "x" }],
  ["reject", { CorrelationId: LEASES, PopReceipt: "x", Reason: "  " }],
])("%s refuses %j", async (verb, body) => {
  expect((await partner(`/api/connector/${verb}/${LEASES}`, body)).status).toBe(400);
});

test("a foreign connector looks like one that does not exist, for every verb", async () => {
  const body = { CorrelationId: LEASES, PopReceipt: "x", Reason: "x" };
  for (const verb of ["renew", "release", "reject", "peek"]) {
    const answers = await Promise.all(
      [FOREIGN, "11111111-2222-4333-8444-555555555555"].map(async (id) => {
        const { status, bytes } = await partner(
          `/api/connector/${verb}/${id}`,
          verb === "peek" ? undefined : body,
        );
        const { instance: _, ...problem } = JSON.parse(String(bytes).replaceAll(id, "ID"));
        return { status, problem };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect([verb, answers[0]?.status]).toEqual([verb, 404]);
  }
});

test("a query that spells a route's parameter otherwise does not hide it", async () => {
  for (const name of ["ConnectorId", "ACTIVITYID", "activityid", "connectorId"]) {
    const { status } = await dequeue(LEASES, `?${name}=x`);
    expect([name, status]).toEqual([name, 204]);
  }
  // operators are told of a parameter that nobody knows
  const { status } = await send(local, "operator", {
    path: `/api/definitions/connectors/${LEASES}?ID=x&Kind=y`,
  });
  expect(status).toBe(400);
});

test("a body that spells a route's parameter otherwise does not hide it", async () => {
  const body = { CorrelationId: LEASES, PopReceipt: "x", ACTIVITYID: MANY };
  const answer = await partner(`/api/connector/renew/${LEASES}`, body);

  expect([answer.status, answer.json().type]).toEqual([
    404,
    "urn:waybill:problem:message-not-found",
  ]);
});
