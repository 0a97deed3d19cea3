import { randomUUID } from "node:crypto";
import { headersOf, type RawAnswer, sendRaw } from "functions-host-emulator/testing/raw-http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ANY_PORTS, type Stack, startStack } from "../../infra/local/stack.ts";

const PATH = "/api/connector/dequeue/6c1f0f4e-8c0e-4d8c-9b9b-4c1f1f0a2e01";
/** Answer to a caller without a token, when nothing else is wrong. */
const NO_TOKEN = { status: 401, type: "urn:waybill:problem:token-missing" };
const FORGED = { status: 400, type: "urn:waybill:problem:request-invalid" };
/** The platform's own answer, after the invocation has failed. */
const NOT_FORWARDED = { status: 500, type: null };

let stack: Stack;
const lines: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    ports: ANY_PORTS,
    shop: false,
    demo: false,
    onLine: (line) => void lines.push(line),
  });
});

afterAll(async () => {
  await stack.stop();
});

const get = (...headers: string[]): Promise<RawAnswer> =>
  sendRaw(stack.app().port, [`GET ${PATH} HTTP/1.1`, ...headers]);

const post = (body: string, ...headers: string[]): Promise<RawAnswer> =>
  sendRaw(stack.app().port, ["POST /api/exports/items/runs HTTP/1.1", ...headers], body);

const outcome = ({ status, body }: RawAnswer) => ({
  status,
  type: /"type":"([^"]+)"/.exec(body)?.[1] ?? null,
});

const ID = "x-ms-invocation-id";

/** No request without a token may keep an invocation: in the end the platform would end the process, whatever it is at. */
test.concurrent.each<[what: string, send: () => Promise<RawAnswer>, expected: object]>([
  ["an id of its own", () => get(`${ID}: ${randomUUID()}`), FORGED],
  ["an id that the library takes for its own event", () => get(`${ID}: error`), FORGED],
  ["an id that every object has", () => get(`${ID}: __proto__`), FORGED],
  ["an empty id", () => get(`${ID}:`), FORGED],
  ["two ids", () => get(`${ID}: ${randomUUID()}`, `${ID}: ${randomUUID()}`), FORGED],
  [
    "a body behind its id",
    () => post('{"a":1}', `${ID}: ${randomUUID()}`, "Content-Length: 7"),
    FORGED,
  ],
  [
    "a body in chunks behind its id",
    () => post('7\r\n{"a":1}\r\n0\r\n\r\n', `${ID}: ${randomUUID()}`, "Transfer-Encoding: chunked"),
    FORGED,
  ],
  ["a header beyond ASCII", () => get("x-ms-dyn-externalidentifier: caf\xc3\xa9"), NOT_FORWARDED],
  ["headers of 20 KB", () => get(...headersOf(20 * 1024)), NO_TOKEN],
  ["headers of 31 KB", () => get(...headersOf(31 * 1024)), NO_TOKEN],
  ["a host that no URL can have", () => get("Host: localhost:99999"), NO_TOKEN],
  ["a protocol that no URL can have", () => get("X-Forwarded-Proto: h ttp"), NO_TOKEN],
  [
    "an upgrade that nobody offers",
    () => get("Connection: close, Upgrade", "Upgrade: x"),
    NO_TOKEN,
  ],
])("a request with %s is answered", async (_, send, expected) => {
  expect(outcome(await send())).toEqual(expected);
});

test("after them the same process answers", async () => {
  const { pid } = stack.app();

  expect(outcome(await get())).toEqual(NO_TOKEN);
  expect(process.kill(pid, 0)).toBe(true);
  expect(lines.filter((line) => line.includes("Timeout of"))).toEqual([]);
});
