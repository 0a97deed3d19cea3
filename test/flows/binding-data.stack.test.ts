import { beforeAll, expect, test } from "vitest";
import { type HttpAnswer, send } from "../support/http-client.ts";
import { useLocalStack } from "../support/local-stack.ts";

const OURS = "7d1c5e0a-6a44-4a3e-9f0e-3d7b6a1c9e01";
const OTHERS = "7d1c5e0a-6a44-4a3e-9f0e-3d7b6a1c9e02";
const MESSAGE_ID = "01a1fadb-6b89-80a1-aef3-768b80430821";

const local = useLocalStack();

beforeAll(async () => {
  await local.define(`connectors/${OURS}`, {
    name: "Door",
    direction: "export",
    applications: [local.stack.file.clients["partner-a"].id],
  });
});

const withoutIds = ({ status, bytes }: HttpAnswer) => ({
  status,
  text: bytes.toString().replace(/urn:uuid:[\w-]+/, ""),
});

const FORGED = { authorization: "Bearer other", "x-forged": "yes" };

/** The platform puts the query and the members of a JSON body under the same names as headers, query and route. */
test.each<Record<string, unknown>>([
  { headers: FORGED },
  { Headers: FORGED },
  { HEADERS: FORGED },
  { headers: "text" },
  { Headers: 1 },
  { headers: {}, Headers: {}, query: {}, Query: { a: 1 }, QUERY: "x" },
  { params: { activityId: OTHERS } },
  { activityId: OTHERS },
  { ACTIVITYID: { a: OTHERS }, ActivityId: OTHERS },
])("a body with %j takes nothing from its request", async (members) => {
  const ack = (body: object) =>
    send(local, "partner-a", { method: "POST", path: `/api/connector/ack/${OURS}`, body });

  const plain = withoutIds(await ack({ CorrelationId: MESSAGE_ID }));
  const polluted = withoutIds(await ack({ ...members, CorrelationId: MESSAGE_ID }));

  expect(plain).toMatchObject({ status: 404, text: expect.stringContaining("message-not-found") });
  expect(polluted).toEqual(plain);
});

test.each([
  "headers=x",
  "Headers=x",
  `HEADERS=${encodeURIComponent(JSON.stringify(FORGED))}`,
  "headers=1&headers=2&query=3&QUERY=4",
  `connectorId=${OTHERS}`,
  `ConnectorId=${OTHERS}&ACTIVITYID=${OTHERS}`,
  "params=x",
])("a query with %s takes nothing from its request", async (query) => {
  const dequeue = (path: string) =>
    send(local, "partner-a", { path, headers: { prefer: "wait=1" } });

  const { status, headers } = await dequeue(`/api/connector/dequeue/${OURS}?${query}`);

  expect([status, headers["preference-applied"]]).toEqual([204, "wait=1"]);
});
