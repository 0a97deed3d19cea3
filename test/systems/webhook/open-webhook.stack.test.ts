import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { makeCertificate } from "../../../infra/local/certificate.ts";
import type {
  WebhookAnswer,
  WebhookRequest,
} from "../../../src/domain/deliveries/webhook/webhook-endpoint.ts";
import { type WebhookOptions, webhooks } from "../../../src/systems/webhook/open-webhook.ts";
import { webhookConnections } from "../../support/webhook-connection.ts";
import {
  type Answerer,
  answer,
  type Receiver,
  webhookReceiver,
} from "../../support/webhook-receiver.ts";

/** Long enough for an answer on this machine, and short enough for a test. */
const DEADLINE_MS = 1_500;
const open: Receiver[] = [];

afterEach(() => {
  for (const receiver of open.splice(0)) {
    receiver.close();
  }
});

async function receiverOf(answerer: Answerer, certificate?: Parameters<typeof webhookReceiver>[1]) {
  const receiver = await webhookReceiver(answerer, certificate);
  open.push(receiver);
  return receiver;
}

const POST: WebhookRequest = {
  method: "POST",
  headers: { "content-type": "application/json", "webhook-id": "1" },
  body: Buffer.from('{"a":"\u2028ä"}'),
};

type Setting = Parameters<typeof webhookConnections>[0];

function call(
  setting: Setting,
  options: Partial<WebhookOptions> = {},
  request = POST,
): Promise<WebhookAnswer> {
  const opened = webhooks(webhookConnections(setting), {
    origin: "waybill.example",
    deadlineMs: DEADLINE_MS,
    ...options,
  })("partner");
  return opened.call(request);
}

test("a request has one body with its length, no chunks, no expectation, no compression", async () => {
  const receiver = await receiverOf(answer(202, { location: "https://a.example/canary" }, "fine"));
  const target = "/a/../b?sig=a%2Bb%2fc&x=|&empty";

  const got = await call({ url: `${receiver.base}${target}`, headers: { "X-Api-Key": "k 1" } });

  expect(got).toMatchObject({ status: 202, text: "fine", error: null });
  expect(got.headers).toEqual({});
  const [request] = receiver.received;
  expect(request).toMatchObject({ method: "POST", target, body: POST.body });
  expect(request?.headers).toEqual({
    host: `localhost:${receiver.port}`,
    connection: "close",
    "user-agent": "Waybill",
    accept: "*/*",
    "x-api-key": "k 1",
    "content-type": "application/json",
    "content-length": String(POST.body?.byteLength),
    "webhook-id": "1",
  });
});

test("every request has a connection of its own, so that each is checked", async () => {
  const receiver = await receiverOf(answer(200));
  const asked: string[] = [];
  const lookup: WebhookOptions["lookup"] = (host, _, done) => {
    asked.push(host);
    done(null, [{ address: "127.0.0.1", family: 4 }]);
  };
  const setting = { url: `http://name.example:${receiver.port}/` };

  await call(setting, { lookup });
  await call(setting, { lookup });

  expect(asked).toEqual(["name.example", "name.example"]);
  expect(receiver.received).toHaveLength(2);
});

test("a name that turns private is refused, also when only one of its addresses is private", async () => {
  const certificate = await makeCertificate();
  const receiver = await receiverOf(answer(200), certificate);
  const answers = [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["169.254.169.254"], []];
  const setting = { url: `https://name.example:${receiver.port}/`, allowPrivate: false };

  for (const addresses of answers) {
    const found = addresses.map((address) => ({ address, family: 4 }));
    const got = await call(setting, { lookup: (_host, _options, done) => done(null, found) });

    expect(got.status).toBeNull();
    expect(got.error).toMatch(/^its host has (?:a (?:private|link-local)|no address)/);
  }
  expect(receiver.received).toEqual([]);
});

test("an address in any spelling is checked without a look-up", async () => {
  const receiver = await receiverOf(answer(200));
  const { port } = receiver;
  const lookup: WebhookOptions["lookup"] = () => {
    throw new Error("nothing is looked up");
  };
  for (const host of [
    ...["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "[::1]", "[::]"],
    ...["[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::127.0.0.1]", "0.0.0.0", "169.254.169.254"],
  ]) {
    const got = await call({ url: `https://${host}:${port}/`, allowPrivate: false }, { lookup });

    expect([host, got.status]).toEqual([host, null]);
    expect(got.error).toMatch(/^its host has a/);
  }
  expect(receiver.received).toEqual([]);
});

test("a certificate that is not trusted ends the exchange before anything is sent", async () => {
  const receiver = await receiverOf(answer(200), await makeCertificate());

  const got = await call({ url: `${receiver.base}/` });

  expect(got.status).toBeNull();
  expect(got.error).toMatch(/certificate/);
  expect(receiver.received).toEqual([]);
});

test("a redirect is an answer, and nobody follows it", async () => {
  const inside = await receiverOf(answer(200));
  const receiver = await receiverOf(answer(307, { location: `${inside.base}/canary` }));

  const got = await call({ url: `${receiver.base}/` });

  expect(got).toMatchObject({ status: 307, headers: {}, error: null });
  expect(inside.received).toEqual([]);
});

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";

/** Writes a byte every 50 ms for as long as somebody listens. */
function drip(start: string, text: string): Answerer {
  return async (socket) => {
    socket.write(start);
    for (let at = 0; !socket.destroyed; at++) {
      socket.write(text[at % text.length] ?? "");
      await delay(50);
    }
  };
}

test.each<[name: string, answerer: Answerer, status: number | null]>([
  ["no answer", () => undefined, null],
  ["headers that come slowly, for ever", drip("HTTP/1.1 200 OK\r\nx: ", "x"), null],
  [
    "headers and then nothing",
    (socket) => void socket.write(`${HEAD}content-length: 5\r\n\r\n`),
    200,
  ],
  ["a body that comes slowly, for ever", drip(`${HEAD}content-length: 99999\r\n\r\n`, "x"), 200],
])("one deadline covers %s", async (_, answerer, status) => {
  const receiver = await receiverOf(answerer);

  const got = await call({ url: `${receiver.base}/` });

  expect(got).toMatchObject({ status, error: "no complete answer within 1.5 s" });
});

test("the deadline covers the look-up of the name", async () => {
  const got = await call({ url: "https://name.example/" }, { lookup: () => undefined });

  expect(got).toMatchObject({ status: null, error: "no complete answer within 1.5 s" });
});

test("of a huge answer only the beginning is read", async () => {
  let written = 0;
  const receiver = await receiverOf(async (socket) => {
    socket.write(`${HEAD}content-length: 1000000000\r\n\r\n`);
    const piece = Buffer.alloc(65_536, "x");
    while (!socket.destroyed && written < 1_000_000_000) {
      written += piece.length;
      await new Promise((resolve) => {
        socket.write(piece, resolve);
      });
    }
  });

  const got = await call({ url: `${receiver.base}/` });

  expect(got).toMatchObject({ status: 200, error: null, text: "x".repeat(500) });
  expect(written).toBeLessThan(100_000_000);
});

test.each<[name: string, answerer: Answerer]>([
  ["a cut before the answer", (socket) => void socket.destroy()],
  ["a cut within the headers", (socket) => void socket.end("HTTP/1.1 200 OK\r\nx: ")],
  ["something that is not HTTP", (socket) => void socket.end("hello\r\n\r\n")],
  ["endless headers", drip("HTTP/1.1 200 OK\r\n", `x: ${"y".repeat(20_000)}\r\n`)],
  ["a switch of protocols", answer(101, { connection: "upgrade", upgrade: "websocket" })],
])("%s is an error, not an answer", async (_, answerer) => {
  const receiver = await receiverOf(answerer);

  const got = await call({ url: `${receiver.base}/` });

  expect(got.status).toBeNull();
  expect(got.error).not.toBeNull();
});

test("a receiver that is not there is an error", async () => {
  const receiver = await receiverOf(answer(200));
  receiver.close();

  const got = await call({ url: `${receiver.base}/` });

  expect(got).toMatchObject({ status: null, error: expect.stringMatching(/ECONNREFUSED/) });
});
