import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { TableClient } from "@azure/data-tables";
import { AuthenticationError, CredentialUnavailableError } from "@azure/identity";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { failureResponse } from "../../../src/functions/http/problem.ts";
import { isUnavailable } from "../../../src/functions/http/unavailable.ts";
import { blobFiles } from "../../../src/stores/blob-files.ts";
import { serviceBusRunQueue } from "../../../src/stores/service-bus-run-queue.ts";
import { serviceBusTickQueue } from "../../../src/stores/service-bus-tick-queue.ts";
import { commit, getRow, rowsWithPrefix } from "../../../src/stores/table-rows.ts";
import { tryTimeout } from "../../../src/stores/try-timeout.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

/** Real SDKs meet services that fail in every way, and the test looks at the errors that they throw. */

const ACCOUNT = "AccountName=a;AccountKey=YWJj";
const PATH = { container: "c", name: "b" };
const SOON_MS = 300;
const QUEUES = { runs: "runs", imports: "imports", orderedImports: "ordered" };

const servers: Server[] = [];
const ports = { reset: 0, closed: 0, silent: 0 };

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const silent = await startTcpProxy(() => 0);
silent.swallow();

beforeAll(async () => {
  ports.silent = silent.port;
  ports.reset = await listening(
    createServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
  );
  ports.closed = await listening(
    createServer((socket) => socket.once("data", () => socket.destroy())),
  );
});

afterAll(async () => {
  await silent.stop();
  for (const server of servers) {
    server.close();
  }
});

function table(address: string): TableClient {
  const text = `DefaultEndpointsProtocol=http;${ACCOUNT};TableEndpoint=http://${address}/a`;
  return TableClient.fromConnectionString(text, "t", {
    allowInsecureConnection: true,
    additionalPolicies: [tryTimeout(SOON_MS)],
    retryOptions: { maxRetries: 1, retryDelayInMs: 1 },
  });
}

function files(address: string) {
  const text = `DefaultEndpointsProtocol=http;${ACCOUNT};BlobEndpoint=http://${address}/a`;
  const service = BlobServiceClient.fromConnectionString(text, {
    retryOptions: { maxTries: 2, retryDelayInMs: 1 },
  });
  return blobFiles(service, { fileCallMs: SOON_MS, fileTransferMs: SOON_MS });
}

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("x");
}

/** Requests to storage, each by another way through its SDKs. */
const ASKED: Readonly<Record<string, (address: string) => Promise<unknown>>> = {
  "a row": (at) => getRow(table(at), { partitionKey: "p", rowKey: "r" }),
  "a query": async (at) => {
    for await (const row of rowsWithPrefix(table(at), "p", "")) {
      return row;
    }
    return null;
  },
  "a transaction": (at) => commit(table(at), [["create", { partitionKey: "p", rowKey: "r" }]]),
  "a file's facts": (at) => files(at).read(PATH),
  "a file's upload": (at) => files(at).write(PATH, content(), "text/csv"),
  "a list of files": (at) =>
    files(at).list({ container: "c", prefix: "" }, { limit: 1, after: null }),
};

async function failureOf(asking: Promise<unknown>): Promise<unknown> {
  return asking.then(
    (answer) => {
      throw new Error(`there was an answer: ${JSON.stringify(answer)}`);
    },
    (error: unknown) => error,
  );
}

const NETWORKS: Readonly<Record<string, () => string>> = {
  "refuses connections": () => "127.0.0.1:1",
  "has no address": () => "no-such-host.invalid",
  "resets connections": () => `127.0.0.1:${ports.reset}`,
  "hangs up": () => `127.0.0.1:${ports.closed}`,
  "takes connections and says nothing": () => `127.0.0.1:${ports.silent}`,
};

test.each(
  Object.entries(NETWORKS).flatMap(([how, address]) =>
    Object.entries(ASKED).map(([what, ask]) => [what, how, () => ask(address())] as const),
  ),
)("%s from a storage that %s is unavailable", async (_what, _how, ask) => {
  const failure = await failureOf(ask());

  expect(isUnavailable(failure), String(failure)).toBe(true);
});

/** A storage that answers everything so, in the shape of its kind. @returns its address */
async function answering(status: number, code: string | null): Promise<string> {
  const server = createHttpServer((request, response) => {
    request.resume();
    const { accept = "", "content-type": type = "" } = request.headers;
    const isTable = accept.includes("json") || type.includes("multipart");
    response.writeHead(status, {
      "Content-Type": isTable ? "application/json" : "text/xml",
      ...(code === null ? {} : { "x-ms-error-code": code }),
    });
    response.end(request.method === "HEAD" ? undefined : refusal(code, isTable));
  });
  return `127.0.0.1:${await listening(server)}`;
}

function refusal(code: string | null, isTable: boolean): string {
  if (code === null) {
    return "<html/>";
  }
  return isTable
    ? JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value: "no" } } })
    : `<Error><Code>${code}</Code></Error>`;
}

test.each([
  [408, "RequestTimeout"],
  [429, "TooManyRequests"],
  [500, "InternalError"],
  [500, "OperationTimedOut"],
  [503, "ServerBusy"],
  [409, "ContainerBeingDeleted"],
  [409, "TableBeingDeleted"],
  // answer of a gateway before the service
  [502, null],
  [503, null],
  [504, null],
] as const)(
  "whatever is asked of a storage that answers %i %s is unavailable",
  async (status, code) => {
    const address = await answering(status, code);

    const failures = await Promise.all(Object.values(ASKED).map((ask) => failureOf(ask(address))));

    expect(failures.map((failure) => isUnavailable(failure))).toEqual(failures.map(() => true));
  },
);

test.each([
  [400, "InvalidInput"],
  [403, "AuthorizationPermissionMismatch"],
  [404, "TableNotFound"],
  [409, "TableAlreadyExists"],
] as const)(
  "a storage that answers %i %s will not do better for being waited for",
  async (status, code) => {
    const address = await answering(status, code);

    const failure = await failureOf(ASKED["a row"]?.(address) ?? Promise.resolve());

    expect(isUnavailable(failure)).toBe(false);
  },
);

test.each(Object.entries(NETWORKS))("a Service Bus that %s is unavailable", async (_, address) => {
  const text = `Endpoint=sb://${address()};SharedAccessKeyName=a;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`;
  const bus = new ServiceBusClient(text, { retryOptions: { maxRetries: 0, timeoutInMs: 1_000 } });
  const run = { kind: "export", exportId: "e", runId: "r", revision: 0 } as const;
  const sender = bus.createSender("runs");

  const failures = [
    await failureOf(serviceBusRunQueue(bus, QUEUES, SOON_MS).send(run)),
    await failureOf(serviceBusTickQueue(bus, "ticks", SOON_MS).send(new Date())),
    // in the SDK's own time
    await failureOf(sender.sendMessages({ body: 1 })),
  ];

  expect(
    failures.map((failure) => isUnavailable(failure)),
    failures.join("; "),
  ).toEqual([true, true, true]);
});

test.each<[string, Error]>([
  ["an identity endpoint that is away", new CredentialUnavailableError("no endpoint")],
  ["an issuer that refuses for now", new AuthenticationError(503, "busy")],
  [
    "several addresses of a host",
    new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED" })]),
  ],
  [
    "what another error was caused by",
    new Error("Cannot read", { cause: Object.assign(new Error("x"), { code: "ECONNRESET" }) }),
  ],
  [
    "a time that was over",
    AbortSignal.timeout(0).reason ?? new DOMException("over", "TimeoutError"),
  ],
])("%s is unavailable", (_, error) => {
  expect(isUnavailable(error)).toBe(true);
});

test.each<[string, unknown]>([
  ["a fault of our own", new TypeError("x is not a function")],
  ["a failure of another kind with a name", new AppError("file-not-found", "Cannot find it")],
  ["what is not an error", { code: "ECONNRESET" }],
  ["a text", "ECONNRESET"],
])("%s is not unavailable", (_, error) => {
  expect(isUnavailable(error)).toBe(false);
});

test.each(["operator", "partner"] as const)(
  "to the %s it is a problem of 503 that says when to ask again and nothing of the inside",
  (reader) => {
    const failure = Object.assign(
      new Error("connect ECONNREFUSED account.table.core.windows.net"),
      {
        code: "ECONNREFUSED",
      },
    );

    const { status, headers, body } = failureResponse(failure, "id", reader);

    expect(status).toBe(503);
    expect(headers).toMatchObject({ "Retry-After": "5" });
    expect(JSON.parse(String(body))).toMatchObject({
      type: "urn:waybill:problem:service-unavailable",
      detail: "Cannot answer now: a service behind this one does not do what it should; try again",
    });
  },
);
