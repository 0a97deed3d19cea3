import { gzipSync } from "node:zlib";
import { BlobServiceClient, ContainerSASPermissions } from "@azure/storage-blob";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CannotGoOn, type Source } from "../../../../src/domain/source.ts";
import { blobSource } from "../../../../src/systems/blob/source/blob-source.ts";
import { useAzurite } from "../../../support/azurite.ts";
import { type FaultProxy, startFaultProxy } from "../../../support/fault-proxy.ts";
import { connectionsOf } from "../../connections-of.ts";
import { readAll, readStretch } from "../../read-all.ts";
import { aBlobDefinition, type Container, makeContainer } from "../container.ts";

const azurite = useAzurite();
let container: Container;
let proxy: FaultProxy;
let through: string;

beforeEach(async () => {
  container = await makeContainer(azurite.connectionString);
  const endpoint = /BlobEndpoint=([^;]+)/.exec(azurite.connectionString)?.[1] ?? "";
  proxy = await startFaultProxy(endpoint);
  through = azurite.connectionString.replace(endpoint, proxy.url);
});
afterEach(() => proxy.stop());

const ALL = { incremental: { by: "none" } };
/** A file of three ranges. */
const LARGE = `id\n${`1${" ".repeat(999)}\n`.repeat(9_000)}`;

async function failureOf(reading: Promise<unknown>) {
  return reading.then(
    () => null,
    (error) => error,
  );
}

async function begun(source: Source) {
  const signal = new AbortController();
  const read = await source.read({ cursor: null, mode: "full", signal: signal.signal });
  const batches = read.batches[Symbol.asyncIterator]();
  await batches.next();
  const rest = async () => {
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {}
  };
  return { rest, signal, batches };
}

test.each<[string, (name: string) => Promise<void>]>([
  ["overwritten", (name) => container.put(name, LARGE)],
  ["deleted", (name) => container.remove(name)],
])(
  "a file that is %s while it is read is refused, and the run can be tried again",
  async (_, change) => {
    for (const [name, content] of [
      ["plain", LARGE],
      ["waiting", "id\n1\n"],
    ] as const) {
      await container.put("a", LARGE);
      await container.put(name, content);
      const { rest } = await begun(container.source(ALL));
      await change(name);

      expect([name, await failureOf(rest())]).toEqual([
        name,
        expect.objectContaining({
          code: "source-unavailable",
          message: expect.stringContaining("it was changed or deleted since it was listed"),
        }),
      ]);
    }
  },
);

test("a packed file that is overwritten while it is read is not taken for one that has ended", async () => {
  const lines = Array.from(
    { length: 900_000 },
    (_, index) => (index * 7_919_777_777) % 1_000_000_007,
  );
  await container.put("a", gzipSync(`id\n${lines.join("\n")}\n`, { level: 1 }));
  expect((await container.client.getBlobClient("a").getProperties()).contentLength).toBeGreaterThan(
    4_194_304,
  );
  const { rest } = await begun(container.source(ALL));
  await container.put("a", "id\n1\n");

  expect(await failureOf(rest())).toMatchObject({ code: "source-unavailable" });
});

test.each([
  [{ prefix: "" }, 'Cannot list container "missing": there is no such container'],
  [
    { blob: "a.csv" },
    'Cannot read file "a.csv" of container "missing": there is no such container',
  ],
])("a container that is not there is named: %j", async (members, message) => {
  const source = container.source({ ...ALL, container: "missing", ...members });

  expect(await failureOf(readAll(source))).toMatchObject({ code: "source-invalid", message });
});

test("a file that is not there is named, shortened", async () => {
  const blob = "n".repeat(1_000);

  expect(await failureOf(readAll(container.source({ ...ALL, blob })))).toMatchObject({
    code: "source-invalid",
    message: `Cannot read file "${"n".repeat(200)}..." of container "${container.name}": there is no such file`,
  });
});

test.each(["GET", "HEAD"])(
  "a storage that is busy for the moment is asked again (%s)",
  async (method) => {
    await container.put("a.csv", "id\n1\n");
    proxy.inject({ method, fault: { kind: "refuse", status: 503, code: "ServerBusy" } });
    const definition = method === "HEAD" ? { ...ALL, blob: "a.csv" } : ALL;

    expect((await readAll(container.source(definition, through))).rows).toEqual([["1"]]);
  },
);

test.each<[string, Parameters<FaultProxy["inject"]>[0]]>([
  ["is busy", { times: 99, fault: { kind: "refuse", status: 503, code: "ServerBusy" } }],
  ["breaks every connection", { times: 99, fault: { kind: "lose-response" } }],
  [
    "is busy once files are listed",
    { path: /a\.csv/, times: 99, fault: { kind: "refuse", status: 500, code: "InternalError" } },
  ],
])("a storage that %s puts the run off", async (_, fault) => {
  await container.put("a.csv", "id\n1\n");
  proxy.inject(fault);

  expect(await failureOf(readAll(container.source(ALL, through)))).toMatchObject({
    code: "source-unavailable",
  });
});

test("a storage that is not there puts the run off", async () => {
  await proxy.stop();

  expect(await failureOf(readAll(container.source(ALL, through)))).toMatchObject({
    code: "source-unavailable",
    message: expect.stringMatching(/^Cannot list container ".*": it fails with /),
  });
});

test("a range whose bytes break off is fetched again", async () => {
  await container.put("a", LARGE);
  proxy.inject({
    path: /\/a(?:\?|$)/,
    skip: 1,
    fault: { kind: "cut-response", afterBytes: 1_000_000 },
  });

  expect((await readAll(container.source(ALL, through))).rows).toHaveLength(9_000);
});

test("a wrong key is refused for good, and is in no message", async () => {
  const key = Buffer.alloc(64, 9).toString("base64");
  const wrong = azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${key}`);

  const failure = await failureOf(readAll(container.source(ALL, wrong)));

  expect(failure).toMatchObject({
    code: "source-invalid",
    message: `Cannot list container "${container.name}": the storage answers 403 (AuthorizationFailure); the connection may not do that; give it the right to read and to list`,
  });
  expect(JSON.stringify([failure, String(failure.cause)])).not.toContain(key);
});

test("a signature that may read and not list reads a file, and lists none", async () => {
  await container.put("a.csv", "id\n1\n");
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const url = await container.client.generateSasUrl({
    permissions: ContainerSASPermissions.parse("r"),
    expiresOn: new Date(Date.now() + 3_600_000),
  });
  const connection = { kind: "blob", accountUrl: service.url, sas: new URL(url).search.slice(1) };
  const source = (members: object) =>
    blobSource(
      aBlobDefinition({ ...ALL, container: container.name, ...members }),
      connectionsOf(connection),
    );

  const failure = await failureOf(readAll(source({ prefix: "" })));

  expect((await readAll(source({ blob: "a.csv" }))).rows).toEqual([["1"]]);
  expect(failure).toMatchObject({ code: "source-invalid" });
  expect(JSON.stringify([failure, failure.message])).not.toContain(connection.sas.slice(-20));
});

test("an abort ends the read with its reason", async () => {
  await container.put("a", LARGE);
  const { rest, signal } = await begun(container.source(ALL));
  const reason = new Error("the run's lock is lost");
  signal.abort(reason);

  expect(await failureOf(rest())).toBe(reason);
});

test("a read that ends early asks for no more ranges", async () => {
  await container.put("a", LARGE);
  const { batches } = await begun(container.source(ALL, through));
  await batches.return?.();

  expect(proxy.count("GET", /\/a(?:\?|$)/)).toBe(1);
});

test("a place of other files, or of another version, cannot be gone on from", async () => {
  await container.put("a", "id\n1\n");
  await container.put("b", "id\n1\n");
  const { place } = await readStretch(container.source(ALL), null, null);
  const others = container.source({ ...ALL, prefix: "b" });
  const older = (place ?? "").replace('"v":1', '"v":0');

  await expect(readStretch(others, null, place)).rejects.toThrow(CannotGoOn);
  await expect(readStretch(container.source(ALL), null, older)).rejects.toThrow(CannotGoOn);
});
