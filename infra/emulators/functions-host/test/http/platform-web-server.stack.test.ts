import { afterAll, beforeAll, expect, test } from "vitest";
import { headersOf, sendRaw } from "../raw-http.ts";
import { startTestApp, type TestApp } from "../start-app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp("streamed.mjs", {
    settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "2000000", AzureWebJobsDisableHomepage: "true" },
    hostJson: { functionTimeout: "00:00:01" },
  });
});

afterAll(async () => {
  expect(await app.stop()).toBe(0);
});

const lines = (count: number) => Array.from({ length: count }, (_, at) => `X-${at}: x`);

// `Host` and `Connection` are two lines more
test.each<[what: string, head: string[], status: number]>([
  ["two slashes", ["GET // HTTP/1.1"], 404],
  ["100 header lines", ["GET /api/echo/1 HTTP/1.1", ...lines(98)], 200],
  ["101 header lines", ["GET /api/echo/1 HTTP/1.1", ...lines(99)], 431],
  ["headers of 14 KB", ["GET /api/echo/1 HTTP/1.1", ...headersOf(14 * 1024)], 200],
  ["headers of 33 KB", ["GET /api/echo/1 HTTP/1.1", ...headersOf(34 * 1024)], 431],
  ["two hosts", ["GET /api/echo/1 HTTP/1.1", "Host: a", "Host: b"], 400],
  ["a lone byte of Latin-1", ["GET /api/echo/1 HTTP/1.1", "X-Name: caf\xe9"], 400],
  ["an asterisk", ["OPTIONS * HTTP/1.1"], 404],
  ["a whole address", ["GET http://localhost/api/echo/1?x=1 HTTP/1.1"], 200],
  ["no HTTP", ["GET"], 400],
])("%s: as the platform's web server answers", async (_, head, status) => {
  const answer = await sendRaw(app.port, head);

  expect([answer.status, answer.headers.server]).toEqual([status, "Kestrel"]);
});

test.each<[framing: string, header: string, frame: (body: Buffer) => string | Buffer]>([
  ["a length", "Content-Length: 2000001", (body) => body],
  ["chunks", "Transfer-Encoding: chunked", (body) => `1e8481\r\n${body}\r\n0\r\n\r\n`],
])("a body over the limit with %s is answered 500 without a body", async (_, header, frame) => {
  const head = ["POST /api/upload HTTP/1.1", header];

  const answer = await sendRaw(app.port, head, frame(Buffer.alloc(2_000_001, "x")));

  expect(answer).toMatchObject({ status: 500, body: "" });
});

test.each<[what: string, function: string, header: string[]]>([
  ["an x-ms-invocation-id of its own", "echo/1", [`x-ms-invocation-id: ${crypto.randomUUID()}`]],
  ["a character beyond ASCII in a header", "rest/x", ["X-Name: caf\xc3\xa9"]],
  ["headers that Node does not take by default", "cookies", headersOf(20 * 1024)],
])("a request with %s leaves the invocation without it until functionTimeout", async (...row) => {
  const [, path, headers] = row;

  await sendRaw(app.port, [`GET /api/${path} HTTP/1.1`, ...headers]);

  await app.line(`Timeout of 1 s exceeded by function "${path.split("/")[0]}"`);
});

test.each<[what: string, head: string[], body: string, warning: string]>([
  [
    "a character beyond ASCII",
    ["GET /api/throws HTTP/1.1", "X-Name: caf\xc3\xa9"],
    "",
    'A header of a request to function "throws" has characters beyond ASCII',
  ],
  [
    "an invocation id of its own",
    ["GET /api/returnsNothing HTTP/1.1", "x-ms-invocation-id: x"],
    "",
    'A client sends an x-ms-invocation-id of its own to function "returnsNothing"',
  ],
])("the host warns of %s", async (...row) => {
  const [, head, body, warning] = row;

  await sendRaw(app.port, head, body);

  expect(await app.line(warning)).toMatchObject({ level: "warning" });
});

test("the host warns of a body that the platform holds in memory, and not of one in chunks", async () => {
  const body = JSON.stringify({ text: "x".repeat(1_100_000) });
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  await sendRaw(app.port, ["POST /api/upload HTTP/1.1", "Transfer-Encoding: chunked"], chunked);
  await sendRaw(app.port, ["POST /api/upload HTTP/1.1", `Content-Length: ${body.length}`], body);

  const warning = 'HOLDS THIS BODY IN MEMORY before function "upload" is called';
  const { message } = await app.line(warning);
  expect(message).toContain("1100011 bytes without a token");
});
