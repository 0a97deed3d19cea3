import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../start-app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp("streamed.mjs", {
    settings: { AzureWebJobsDisableHomepage: "true" },
  });
});

afterAll(async () => {
  expect(await app.stop()).toBe(0);
});

interface Echo {
  method: string;
  url: string;
  params: Record<string, string>;
  query: [string, string][];
  headers: Record<string, string>;
  body: string;
}

async function echo(path: string, init: RequestInit = {}): Promise<Echo> {
  const response = await fetch(`${app.url}/api/echo/${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

const authority = () => app.url.replace("http://", "");

test("a request reaches its function with everything it said", async () => {
  const { method, url, params, query, headers, body } = await echo("7/a%20b?x=1&x=2&y=%C3%BC", {
    method: "POST",
    body: "hello",
    headers: { "x-sent": "yes", "content-type": "text/plain" },
  });

  expect({ method, url, query, body }).toEqual({
    method: "POST",
    url: `${app.url}/api/echo/7/a%20b?x=1&x=2&y=%C3%BC`,
    query: [
      ["x", "1"],
      ["x", "2"],
      ["y", "ü"],
    ],
    body: "hello",
  });
  expect(params).toEqual({ x: "2", y: "ü", id: "7", name: "a b" });
  expect(headers).toMatchObject({ "x-sent": "yes", host: authority(), "content-length": "5" });
});

test("with a certificate the host answers by https, and says so to the function", async () => {
  const altNames = [{ type: 7 as const, ip: "127.0.0.1" }];
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames }],
  });
  const directory = mkdtempSync(join(tmpdir(), "tls-"));
  const [certFile, keyFile] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const secure = await startTestApp("streamed.mjs", {
    arguments: ["--certificate", certFile, "--certificate-key", keyFile],
  });
  const asked = secureRequest(`${secure.url}/api/echo/7/x`, { ca: cert });
  asked.end();
  const [response] = await once(asked, "response");
  const { url } = JSON.parse((await buffer(response)).toString());

  expect(secure.url).toMatch(/^https:/);
  expect(url).toBe(`${secure.url}/api/echo/7/x`);
  expect(await secure.stop()).toBe(0);
});

test("headers and status of the answer come through, with the host's own", async () => {
  const response = await fetch(`${app.url}/api/echo/1`);
  await response.arrayBuffer();

  expect(Object.fromEntries(response.headers)).toMatchObject({
    "x-answer": "1",
    "content-type": "application/json",
    "x-ms-invocation-id": expect.stringMatching(/^[\da-f-]{36}$/),
  });
});

test.each([
  ["a wrong method", "api/echo/1", "PATCH", 404],
  ["HEAD that is not listed", "api/echo/1", "HEAD", 404],
  ["a constraint that fails", "api/echo/x", "GET", 404],
  ["no route prefix", "echo/1", "GET", 404],
  ["literals in another case and a trailing slash", "API/Echo/1/", "GET", 200],
  ["the root with the home page off", "", "GET", 204],
  ["what is under a reserved word", "runtime/anything", "GET", 404],
])("%s: /%s with %s is %i", async (...[, path, method, status]) => {
  const response = await fetch(`${app.url}/${path}`, { method });

  expect(response.status).toBe(status);
});

test("a catch-all keeps %2F, takes many segments and none", async () => {
  const rest = async (path: string) => (await fetch(`${app.url}/api/rest${path}`)).json();

  expect(await rest("/a/b%2Fc/")).toEqual({ path: "a/b%2Fc/" });
  expect(await rest("")).toEqual({});
});

test("params are polluted by query and JSON body, under the spelling that came first", async () => {
  const sent = { NAME: "from body", flag: true, count: 3, nested: { a: 1 }, list: [1], none: null };
  const { params } = await echo("7?ID=9&code=secret", {
    method: "POST",
    body: JSON.stringify(sent),
  });

  expect(params).toEqual({ NAME: "from body", flag: "True", count: "3", ID: "7" });
  await app.line('Function "echo" gets no params.id');
});

test("a query value named Headers replaces the request's headers", async () => {
  const { headers } = await echo(`1?Headers=${encodeURIComponent('{"x-forged":"yes"}')}`);

  expect(headers).toEqual({ "x-forged": "yes" });
  await app.line('Function "echo" gets forged headers or none');
});

test.each([
  ["throws", 'it failed with "no luck"'],
  ["returnsNothing", "it returned nothing"],
  ["returnsText", "The HTTP response must be an object"],
])("%s answers 500 at once and warns that Azure would hang", async (name, reason) => {
  const response = await fetch(`${app.url}/api/${name}`);

  expect(response.status).toBe(500);
  expect(await response.text()).toBe("");
  expect(await app.line(reason)).toMatchObject({ level: expect.stringMatching(/warning|error/) });
  await app.line(`HANGS for 240 s: function "${name}"`);
});

test("an answer that breaks off breaks the connection", async () => {
  const { body } = await fetch(`${app.url}/api/breaksOff`);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await fetch(`${app.url}/api/breakNow`);

  await expect(reader.read()).rejects.toThrow("terminated");
});

test("each cookie has its own header", async () => {
  const response = await fetch(`${app.url}/api/cookies`);

  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2; HttpOnly"]);
});

function post(path: string, headers: Record<string, string>) {
  const sent = request(`${app.url}/api/${path}`, { method: "POST", headers });
  const answered = once(sent, "response").then(([response]) => response as IncomingMessage);
  return { sent, answered };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

test("a chunked upload streams: its beginning is there before its end is sent", async () => {
  const { sent, answered } = post("upload?id=chunked", { "transfer-encoding": "chunked" });
  sent.write("first");
  await app.line("upload began for chunked");
  sent.end("second");

  expect(JSON.parse(await textOf(await answered))).toEqual({ size: 11 });
});

test("a body with Content-Length is read completely before the function starts", async () => {
  const { sent, answered } = post("upload?id=sized", { "content-length": "10" });
  sent.write("12345");
  await fetch(`${app.url}/api/produced`);
  expect(app.log.some(({ message }) => message.includes("upload began for sized"))).toBe(false);
  sent.end("67890");

  expect(JSON.parse(await textOf(await answered))).toEqual({ size: 10 });
});

test("a large body goes through", async () => {
  const body = Buffer.alloc(90 * 2 ** 20);
  // fetch copies the body first, for seconds on a busy machine, while the server closes the idle connection
  const { sent, answered } = post("upload", { "content-length": String(body.length) });
  sent.end(body);

  expect(JSON.parse(await textOf(await answered))).toEqual({ size: body.length });
});

test("a function may answer without reading the upload", async () => {
  const { sent, answered } = post("ignoresUpload", { "transfer-encoding": "chunked" });
  sent.write(Buffer.alloc(1024 * 1024));
  const response = await answered;

  expect(response.statusCode).toBe(403);
  expect(await textOf(response)).toBe("no");
  sent.destroy();
});

/** Asks until the function has produced nothing more through many rounds of its event loop. */
async function steadyProducedBytes(): Promise<number> {
  let last = -1;
  for (let equal = 0; equal < 20; ) {
    const response = await fetch(`${app.url}/api/produced`);
    const { producedBytes } = (await response.json()) as { producedBytes: number };
    equal = producedBytes === last ? equal + 1 : 0;
    last = producedBytes;
  }
  return last;
}

test("a slow client slows the function down, and gets everything in the end", async () => {
  const bytes = 128 * 2 ** 20;
  const sent = request(`${app.url}/api/download?bytes=${bytes}`).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  await app.line("waiting for the client");
  expect(await steadyProducedBytes()).toBeLessThan(32 * 2 ** 20);
  let received = 0;
  response.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  await once(response, "end");

  expect(received).toBe(bytes);
  await app.line("download finished");
});

test("a client that goes away is noticed by the function", async () => {
  const sent = request(`${app.url}/api/download?bytes=${1e12}`).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  await once(response, "data");
  response.destroy();

  await app.line("client has gone");
});
