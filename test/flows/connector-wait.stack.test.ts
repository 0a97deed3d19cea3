import { afterAll, beforeAll, expect, test } from "vitest";
import { startAzurite, storageConnectionString } from "../../infra/local/azurite.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { begin, type HttpAnswer, send } from "../support/http-client.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { usePublisher } from "../support/published-files.ts";

const azurite = await startAzurite();
const tables = await startFaultProxy(azurite.tableEndpoint);
const local = useLocalStack({
  storage: storageConnectionString({ ...azurite, tableEndpoint: tables.url }),
});
const publisher = usePublisher(local);

const CONNECTOR_ID = "2c1f0f4e-8c0e-4d8c-9b9b-4c1f1f0a2c01";
const FILE_TYPE = "Test.Wait";
const PATH = `/api/connector/dequeue/${CONNECTOR_ID}`;

beforeAll(async () => {
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    leaseSeconds: 600,
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define("subscriptions/wait", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
});

afterAll(async () => {
  await tables.stop();
  await azurite.stop();
});

const dequeue = (prefer?: string): Promise<HttpAnswer> =>
  send(local, "partner-a", {
    path: PATH,
    headers: prefer === undefined ? {} : { prefer },
  });

/** How many answers to dequeues the app has logged. */
function answered(): number {
  return local.lines.filter((line) => line.includes('"name":"connector-dequeue"')).length;
}

test("a client that waits gets the file that comes meanwhile", async () => {
  const waiting = dequeue("wait=30");
  // by the time that this one is answered, the other one waits
  expect((await dequeue()).status).toBe(204);
  await publisher.publish(FILE_TYPE, Buffer.from("x"));

  const { status, headers, json } = await waiting;

  expect([status, headers["preference-applied"]]).toEqual([200, "wait=30"]);
  expect(json()).toMatchObject({ Size: 1, LastDequeueDateTime: null });
});

test("a client that waits in vain gets 204 in the end", async () => {
  const { status, headers, bytes } = await dequeue("respond-async, wait=1");

  expect([status, headers["preference-applied"], bytes.length]).toEqual([204, "wait=1", 0]);
});

test("a wait of minutes is cut to half a minute, and says so", async () => {
  await publisher.publish(FILE_TYPE, Buffer.from("x"));

  const { status, headers } = await dequeue("wait=600");

  expect([status, headers["preference-applied"]]).toEqual([200, "wait=30"]);
});

test.each([undefined, "wait=0", "wait=soon", "respond-async"])(
  "Prefer: %s does not wait",
  async (prefer) => {
    const { status, headers } = await dequeue(prefer);

    expect([status, headers["preference-applied"]]).toEqual([204, undefined]);
  },
);

test("a client that has gone ends its wait, and takes nothing with it", async () => {
  const before = answered();
  const gone = await Promise.all(
    Array.from({ length: 3 }, () =>
      begin(local, "partner-a", { path: PATH, headers: { prefer: "wait=30" } }),
    ),
  );
  expect((await dequeue()).status).toBe(204);
  for (const { request } of gone) {
    request.destroy();
  }
  await eventually(async () => (answered() === before + 4 ? true : null));
  await publisher.publish(FILE_TYPE, Buffer.from("x"));

  const next = await dequeue("wait=30");

  expect(next.json()).toMatchObject({ LastDequeueDateTime: null });
});

test("what is taken for a client that has gone meanwhile is given back at once", async () => {
  await publisher.publish(FILE_TYPE, Buffer.from("x"));
  await eventually(async () => {
    const path = PATH.replace("dequeue", "peek");
    const { value } = (await send(local, "partner-a", { path })).json();
    return value.length === 1 ? true : null;
  });
  const gone = Promise.withResolvers<void>();
  const { met } = tables.inject({
    method: "POST",
    path: /batch/,
    fault: { kind: "hold", until: gone.promise },
  });

  const { request } = await begin(local, "partner-a", { path: PATH });
  await met;
  request.destroy();
  // by the time that these are answered, the app knows that the client has gone
  for (let round = 0; round < 3; round++) {
    expect((await send(local, "stranger", { path: PATH })).status).toBe(403);
  }
  gone.resolve();

  // long before the lease of ten minutes ends
  const next = await eventually(async () => {
    const answer = await dequeue();
    return answer.status === 200 ? answer.json() : null;
  });
  expect(next.LastDequeueDateTime).not.toBeNull();
});

test("several who wait get one file each", async () => {
  const waiting = [dequeue("wait=30"), dequeue("wait=30"), dequeue("wait=30")];
  await Promise.all(["a", "b", "c"].map((text) => publisher.publish(FILE_TYPE, Buffer.from(text))));

  const answers = await Promise.all(waiting);

  const ids = answers.map((answer) => answer.json().CorrelationId);
  expect(new Set(ids).size).toBe(3);
});
