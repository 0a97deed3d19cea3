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
    hostJson: { extensions: { http: { routePrefix: "" } } },
  });
});

afterAll(async () => {
  expect(await app.stop()).toBe(0);
});

test("the platform's home page stands at the root", async () => {
  const response = await fetch(`${app.url}/`);

  expect(response.headers.get("content-type")).toBe("text/html");
});

const statusOf = async (path: string, init: RequestInit = {}) =>
  (await fetch(`${app.url}/${path}`, init)).status;

test.each([
  ["anonymous", 200],
  ["admin/functions", 200],
  ["admin/host/ping", 200],
  ["admin/nothing", 404],
  ["switchedOff", 404],
])("/%s is %i", async (path, status) => {
  expect(await statusOf(path)).toBe(status);
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

test.each([
  ["releases", "{}", 202],
  ["releases", '{"input":"x"}', 202],
  ["RELEASES", "{}", 202],
  ["releases", "", 400],
  ["releases", "[]", 400],
  ["nothing", "{}", 404],
  ["anonymous", "{}", 400],
])("POST /admin/functions/%s with %j is %i", async (name, body, status) => {
  expect(await statusOf(`admin/functions/${name}`, { method: "POST", body })).toBe(status);
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
