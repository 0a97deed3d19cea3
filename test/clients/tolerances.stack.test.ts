import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DOORS, ENTITY, usePartnerWorld } from "./partner-world.ts";
import { dotNetWire, type Wire, type WireAnswer } from "./ris/wire.ts";

/** Differences that break real clients, one test each. */
const world = usePartnerWorld();
let wire: Wire;

beforeAll(() => {
  wire = dotNetWire();
});

afterAll(() => {
  wire.close();
});

async function send(
  method: "GET" | "POST",
  path: string,
  more: { body?: string | Buffer; headers?: Record<string, string>; wire?: Wire } = {},
): Promise<WireAnswer> {
  const { wire: other, ...rest } = more;
  return (other ?? wire).send({
    method,
    url: path.startsWith("http") ? path : `${world.local.stack.file.app}${path}`,
    ...rest,
    headers: {
      Authorization: `Bearer ${await world.local.stack.token("partner-a")}`,
      ...more.headers,
    },
  });
}

const dequeue = (): Promise<WireAnswer> => send("GET", `/api/connector/dequeue/${DOORS.pull}`);
const ack = (body: object | string): Promise<WireAnswer> =>
  send("POST", `/api/connector/ack/${DOORS.pull}`, {
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
  });
const act = (action: string, body: string): Promise<WireAnswer> =>
  send("POST", `/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.${action}`, {
    body,
    headers: { "Content-Type": "application/json" },
  });

async function enqueue(query: string): Promise<WireAnswer> {
  const body = Buffer.from(`id,name\r\n${randomUUID().slice(0, 8)},x\r\n`);
  return send("POST", `/api/connector/enqueue/${DOORS.files}?${query}`, { body });
}

/** Takes and acknowledges whatever an earlier test has left. */
async function empty(): Promise<void> {
  for (let taken = await dequeue(); taken.status === 200; taken = await dequeue()) {
    await ack(taken.text);
  }
}

test("1: the answer to enqueue is exactly 200 and a bare JSON text in quotes", async () => {
  const answer = await enqueue(`entity=${encodeURIComponent(ENTITY)}`);

  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(/^"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/);
});

test("2: an empty queue is 204 without a body", async () => {
  await empty();

  const answer = await dequeue();

  expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
  expect(answer.headers["content-length"] ?? "0").toBe("0");
});

test("3: a dequeued message has an absolute DownloadLocation", async () => {
  await world.publish("t3");

  const answer = await dequeue();

  expect(answer.status).toBe(200);
  expect(URL.canParse(JSON.parse(answer.text).DownloadLocation)).toBe(true);
  await ack(answer.text);
});

test("4: a DownloadLocation survives what clients do to scheme and port", async () => {
  await world.publish("t4");

  const answer = await dequeue();

  const location: string = JSON.parse(answer.text).DownloadLocation;
  const { hostname, pathname, search } = new URL(location);
  expect(`https://${hostname}${pathname}${search}`).toBe(location);
  expect(location.replaceAll("http://", "https://").replaceAll(":80", "")).toBe(location);
  await ack(answer.text);
});

test("5: a download is answered by ourselves with 200, to the client's own token, and to nobody without", async () => {
  const published = await world.publish("t5");
  const taken = await dequeue();
  const url = world.rewrite(JSON.parse(taken.text).DownloadLocation);

  const answer = await send("GET", url);
  const without = await wire.send({ method: "GET", url });

  expect(answer.status).toBe(200);
  expect(answer.bytes.equals(published)).toBe(true);
  expect(answer.headers["content-encoding"]).toBeUndefined();
  expect(without.status).toBe(401);
  await ack(taken.text);
});

test("6: everything can be dequeued until 204 before the first is acknowledged", async () => {
  for (const id of ["t6a", "t6b", "t6c"]) {
    await world.publish(id);
  }

  const taken = [await dequeue(), await dequeue(), await dequeue()];
  const end = await dequeue();
  const acks = [];
  for (const { text } of taken) {
    acks.push((await ack(text)).status);
  }

  expect(new Set(taken.map(({ text }) => JSON.parse(text).CorrelationId)).size).toBe(3);
  expect(end.status).toBe(204);
  expect(acks).toEqual([200, 200, 200]);
});

test.each<[string, (message: Record<string, unknown>, text: string) => object | string]>([
  [
    "three members, with another location",
    ({ CorrelationId, PopReceipt }) => ({
      ...{ CorrelationId, PopReceipt },
      DownloadLocation: "https://elsewhere/",
    }),
  ],
  ["the text of the dequeue", (_, text) => text],
  ["the id alone", ({ CorrelationId }) => ({ CorrelationId })],
])("7: a message is acknowledged by %s, and again", async (_, bodyOf) => {
  await world.publish(randomUUID());
  const taken = await dequeue();
  const body = bodyOf(JSON.parse(taken.text), taken.text);

  expect((await ack(body)).status).toBe(200);
  expect((await ack(body)).status).toBe(200);
  expect((await dequeue()).status).toBe(204);
});

test("8: a body in single quotes is understood", async () => {
  const messageId = JSON.parse((await enqueue(`entity=${encodeURIComponent(ENTITY)}`)).text);

  const answer = await act("GetMessageStatus", `{'messageId':'${messageId}'}`);

  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text).value).toMatch(
    /^(?:Enqueued|Preprocessing|Processing|Processed)$/,
  );
});

test("9: GetExecutionErrors takes a message id that is still in its quotes", async () => {
  const messageId = (await enqueue(`entity=${encodeURIComponent(ENTITY)}`)).text;

  const answer = await act("GetExecutionErrors", JSON.stringify({ executionId: messageId }));

  expect(answer.status).toBe(200);
  expect(JSON.parse(JSON.parse(answer.text).value)).toEqual([]);
});

test("10: many calls at once are answered one after the other, none with 429", async () => {
  const messageId = JSON.parse((await enqueue(`entity=${encodeURIComponent(ENTITY)}`)).text);
  const wires = Array.from({ length: 40 }, () => dotNetWire());

  const answers = await Promise.all(
    wires.map((each) =>
      send("GET", `/api/connector/jobstatus/${DOORS.files}?jobid=%22${messageId}%22`, {
        wire: each,
      }),
    ),
  );

  for (const each of wires) {
    each.close();
  }
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test("11: an entity with a plus for each space, and no Content-Type", async () => {
  const answer = await enqueue(
    `company=USMF&entity=${encodeURIComponent(ENTITY).replaceAll("%20", "+")}`,
  );

  expect(answer.status).toBe(200);
});

test("12: a dequeued message has no member that clients read as an enum", async () => {
  await world.publish("t12");

  const answer = await dequeue();

  const names = Object.keys(JSON.parse(answer.text));
  expect(names).toEqual(
    expect.arrayContaining([
      "CorrelationId",
      "PopReceipt",
      "DownloadLocation",
      "IsDownLoadFileExist",
      "FileDownLoadErrorMessage",
      "LastDequeueDateTime",
    ]),
  );
  expect(names).not.toContain("MessageStatus");
  expect(names).not.toContain("DataJobState");
  await ack(answer.text);
});
