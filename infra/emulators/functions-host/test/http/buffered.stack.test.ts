import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../start-app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp("buffered.cjs", {
    hostJson: { extensions: { http: { routePrefix: "" } } },
  });
});

afterAll(async () => {
  expect(await app.stop()).toBe(0);
});

test("a request reaches its function: no pollution, headers and query values joined", async () => {
  const response = await fetch(`${app.url}/Echo/7?x=1&x=2&id=9&Headers=no`, {
    method: "POST",
    body: '{"name":"from body"}',
    headers: [
      ["X-Sent", "a"],
      ["x-sent", "b"],
    ],
  });

  expect(await response.json()).toMatchObject({
    method: "POST",
    url: `${app.url}/Echo/7?x=1&x=2&id=9&Headers=no`,
    params: { id: "7" },
    query: [
      ["x", "1,2"],
      ["id", "9"],
      ["Headers", "no"],
    ],
    headers: { "x-sent": expect.stringMatching(/^a, ?b$/) },
    body: '{"name":"from body"}',
  });
});

test("a chunked upload arrives EMPTY, with a loud warning", async () => {
  const answered = Promise.withResolvers<string>();
  const sent = request(`${app.url}/echo/1`, { method: "PUT" }, async (response) => {
    answered.resolve(Buffer.concat(await response.toArray()).toString());
  });
  sent.write("hello");
  sent.end();

  expect(JSON.parse(await answered.promise)).toMatchObject({ body: "" });
  await app.line('Function "echo" gets an EMPTY body');
});

test.each([
  ["throws", 500, null],
  ["nothing", 204, null],
  ["text", 201, "text/plain;charset=UTF-8"],
  ["bytes", 200, "application/octet-stream"],
])("%s answers %i", async (name, status, contentType) => {
  const response = await fetch(`${app.url}/${name}`);

  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe(contentType);
});

test("what a throwing function said stays in the log", async () => {
  const response = await fetch(`${app.url}/throws`);

  expect(await response.text()).toBe("");
  expect(await app.line("no luck")).toMatchObject({ level: "error", functionName: "throws" });
});

test("bytes come through as they are", async () => {
  const response = await fetch(`${app.url}/bytes`);

  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 255]);
});

test("cookies get a default path", async () => {
  const response = await fetch(`${app.url}/cookies`);

  expect(response.headers.getSetCookie()).toEqual([
    "a=x%20y; path=/",
    "b=2; expires=Tue, 01 Jan 2030 00:00:00 GMT; max-age=60; domain=example.com; path=/p; secure; samesite=none; httponly",
  ]);
});

test("the start warns about chunked uploads", () => {
  expect(app.warnings.join("\n")).toContain("HTTP streaming is off: chunked uploads");
});

test("the platform's home page stands at the root", async () => {
  const response = await fetch(`${app.url}/`);

  expect(response.headers.get("content-type")).toBe("text/html");
});
