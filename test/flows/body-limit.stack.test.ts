import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { json } from "node:stream/consumers";
import { sendRaw } from "functions-host-emulator/testing/raw-http";
import { beforeAll, expect, test } from "vitest";
import { ALL_DOORS } from "../support/api-document.ts";
import { useLocalStack } from "../support/local-stack.ts";

const MIB = 2 ** 20;
/** As deployed unless it is told otherwise; the platform takes 12 MiB more. */
const LIMIT = 16 * MIB;
const FILES = "8d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b01";
const GIVES_OUT = "8d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b02";
const PATH = `/api/connector/enqueue/${FILES}?entity=Items`;

const local = useLocalStack();

beforeAll(async () => {
  await local.define("imports/things", {
    format: { kind: "csv" },
    entities: [{ name: "Items", target: { kind: "blob", container: "handed-on" } }],
  });
  await local.define(`connectors/${FILES}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: "things" },
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define(`connectors/${GIVES_OUT}`, {
    ...{ name: "Out", direction: "export" },
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define("subscriptions/out", {
    fileTypes: ["Framing.Things"],
    via: { kind: "connector", connectorId: GIVES_OUT },
  });
});

interface Open {
  /** Sends so much, as fast as it is taken, until the answer comes. */
  send(bytes: number): Promise<void>;
  end(): void;
  readonly answer: Promise<{ status: number; problem: { type: string; detail: string } }>;
}

async function open(headers: Record<string, string>, client = "partner-a" as const): Promise<Open> {
  const request = openRequest(new URL(PATH, local.stack.file.app), {
    method: "POST",
    agent: false,
    headers: { authorization: `Bearer ${await local.stack.token(client)}`, ...headers },
  });
  let isAnswered = false;
  const answer = once(request, "response").then(async ([response]) => {
    const { statusCode: status = 0 } = response as IncomingMessage;
    isAnswered = true;
    return {
      status,
      problem: (await json(response as IncomingMessage)) as { type: string; detail: string },
    };
  });
  answer.catch(() => undefined);
  return {
    answer,
    send: async (bytes) => {
      for (let sent = 0; sent < bytes && !isAnswered; sent += MIB) {
        const size = Math.min(MIB, bytes - sent);
        await new Promise((resolve) => request.write(Buffer.alloc(size, "x\n"), resolve));
      }
    },
    end: () => request.end(),
  };
}

const CHUNKED = { "transfer-encoding": "chunked" };
const TOO_LARGE = {
  status: 413,
  problem: {
    type: "urn:waybill:problem:file-too-large",
    detail: expect.stringMatching(
      /^Cannot take the file: the body of a request has at most 16777216 bytes here; .*upload/,
    ),
  },
};

test("a body of the limit's size is taken, whatever its framing", async () => {
  for (const headers of [CHUNKED, { "content-length": String(LIMIT) }]) {
    const file = await open(headers);
    await file.send(LIMIT);
    file.end();

    expect((await file.answer).status).toBe(200);
  }
});

test("a byte more is refused with what to do, whatever its framing", async () => {
  for (const headers of [CHUNKED, { "content-length": String(LIMIT + 1) }]) {
    const file = await open(headers);
    await file.send(LIMIT + 1);
    file.end();

    expect(await file.answer).toMatchObject(TOO_LARGE);
  }
});

test("a client that has not come to the end of its body is refused, too", async () => {
  const file = await open(CHUNKED);
  await file.send(LIMIT + MIB);

  expect(await file.answer).toMatchObject(TOO_LARGE);
});

/** More than 28 MiB would race with the platform's own limit, which answers an empty 500. */
test("of clients that go on sending each reads the refusal before its connection ends", async () => {
  const files = await Promise.all(Array.from({ length: 5 }, () => open(CHUNKED)));
  const sending = files.map((file) => file.send(26 * MIB));

  for (const { answer } of files) {
    expect(await answer).toMatchObject(TOO_LARGE);
  }
  await Promise.all(sending);
});

test("the API's document says the limit", async () => {
  const answer = await local.call("operator", { path: "/api/openapi.json" });

  expect(answer.json().info.description).toContain(`at most ${LIMIT} bytes`);
});

const WITH_BODY = ALL_DOORS.filter(({ body }) => body !== undefined);
const FRAMINGS: readonly ((body: string) => [header: string, body: string])[] = [
  (body) => [`Content-Length: ${body.length}`, body],
  (body) => ["Transfer-Encoding: chunked", `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
  (body) => [
    "Transfer-Encoding: chunked",
    `${[...body].map((character) => `1\r\n${character}\r\n`).join("")}0\r\n\r\n`,
  ],
];

test.each(WITH_BODY)(
  "$id reads a body whatever its framing",
  async ({ caller, method, path, id }) => {
    const client = caller === "operator" ? "operator" : "partner-a";
    const token = await local.stack.token(client);
    const target = path
      .replace("{connectorId}", id === "connector-enqueue" ? `${FILES}?entity=Items` : GIVES_OUT)
      .replace("{subscriptionId}", "out")
      .replace("{id}", path.includes("submissions/cleanup") ? FILES : randomUUID());
    const answers: unknown[] = [];
    for (const frame of FRAMINGS) {
      const [header, body] = frame('{"mode": "no end');
      const { status, body: text } = await sendRaw(
        local.stack.app().port,
        [`${method.toUpperCase()} ${target} HTTP/1.1`, `Authorization: Bearer ${token}`, header],
        body,
      );
      answers.push([status, /"type":"([^"]+)"/.exec(text)?.[1]]);
    }

    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    if (id !== "connector-enqueue") {
      const type = id.startsWith("package-api-")
        ? "System.InvalidOperationException"
        : "urn:waybill:problem:request-invalid";
      expect(answers[0]).toEqual([400, type]);
    }
  },
);
