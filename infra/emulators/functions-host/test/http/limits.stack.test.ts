import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../start-app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp("limited.mjs", {
    settings: {
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1000",
      "AzureWebJobs.switchedOff.Disabled": "true",
    },
    hostJson: { extensions: { http: { routePrefix: "", maxOutstandingRequests: 2 } } },
    arguments: ["--function-key", "secret"],
  });
});

afterAll(async () => {
  expect(await app.stop()).toBe(0);
});

const statusOf = async (path: string, init: RequestInit = {}) =>
  (await fetch(`${app.url}/${path}`, init)).status;

test.each([
  ["anonymous", {}, 200],
  ["keyed", {}, 401],
  ["keyed?code=wrong", {}, 401],
  ["keyed?code=secret", {}, 200],
  ["keyed", { "x-functions-key": "secret" }, 200],
  ["forAdmins", {}, 401],
  ["forAdmins", { "x-functions-key": "secret" }, 200],
  ["admin/functions", {}, 401],
  ["admin/functions", { "x-functions-key": "secret" }, 200],
  ["admin/host/ping?code=secret", {}, 200],
  ["admin/nothing?code=secret", {}, 404],
  ["switchedOff", {}, 404],
])("/%s with %j is %i", async (path, headers, status) => {
  expect(await statusOf(path, { headers: headers as Record<string, string> })).toBe(status);
});

test.each([
  [1000, 200],
  [1001, 500],
])("a body of %i bytes with Content-Length is %i", async (size, status) => {
  expect(await statusOf("upload", { method: "POST", body: Buffer.alloc(size) })).toBe(status);
});

test.each([
  [1000, 200],
  [1001, 500],
])("a chunked upload of %i bytes is %i", async (size, status) => {
  const sent = request(`${app.url}/upload`, { method: "POST" });
  sent.write(Buffer.alloc(500));
  sent.end(Buffer.alloc(size - 500));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();

  expect(response.statusCode).toBe(status);
});

test("requests beyond maxOutstandingRequests are 429", async () => {
  const waiting = [fetch(`${app.url}/waits`), fetch(`${app.url}/waits`)];
  await app.line("waiting");
  while ((await statusOf("anonymous")) !== 429) {
    // The second one may still be on its way.
  }
  await statusOf("admin/functions/releases", {
    method: "POST",
    body: "{}",
    headers: { "x-functions-key": "secret" },
  });

  expect(await Promise.all(waiting.map(async (each) => (await each).text()))).toEqual([
    "released",
    "released",
  ]);
  expect(await statusOf("anonymous")).toBe(200);
});

test.each([
  ["releases", "{}", 202],
  ["releases", '{"input":"x"}', 202],
  ["RELEASES", "{}", 202],
  ["releases", "", 400],
  ["releases", "[]", 400],
  ["nothing", "{}", 404],
  ["anonymous", "{}", 400],
])("POST /admin/functions/%s with %j is %i", async (name, body, status) => {
  const headers = { "x-functions-key": "secret" };

  expect(await statusOf(`admin/functions/${name}`, { method: "POST", body, headers })).toBe(status);
});

test.each([
  ["a request line over 8192 bytes", `GET /${"a".repeat(8192)} HTTP/1.1`, "414"],
  ["NUL in the path", "GET /a%00b HTTP/1.1", "400"],
  ["an asterisk for a path", "OPTIONS * HTTP/1.1", "404"],
])("%s is refused", async (...[, line, status]) => {
  const socket = connect(app.port, "127.0.0.1");
  socket.end(`${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);

  expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});
