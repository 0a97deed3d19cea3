import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAzurite, storageConnectionString } from "../../infra/local/azurite.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { begin, send } from "../support/http-client.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { usePublisher } from "../support/published-files.ts";

const MIB = 2 ** 20;
const FILE_MIB = 400;
/** How much a client reads at a time. */
const TAKEN_MIB = 100;
/** Additional memory that the app may need: a few parts of the file, and the buffers between it and the client. */
const MAX_GROWTH_MIB = 150;
const CONNECTOR_ID = "4e1f0f4e-8c0e-4d8c-9b9b-4c1f1f0a2e01";
const FILE_TYPE = "Test.Large";

const azurite = await startAzurite();
const blobs = await startFaultProxy(azurite.blobEndpoint);
const local = useLocalStack({
  storage: storageConnectionString({ ...azurite, blobEndpoint: blobs.url }),
});
const publisher = usePublisher(local);
let location = "";

/** Different in each part, so that a part at the wrong place is noticed. */
function* parts(): Generator<Buffer> {
  for (let part = 0; part < FILE_MIB / 8; part++) {
    yield Buffer.alloc(8 * MIB, `part ${part}, `);
  }
}

async function* content(): AsyncGenerator<Buffer> {
  yield* parts();
}

async function sha256(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

beforeAll(async () => {
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define("subscriptions/large", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
  await publisher.publish(FILE_TYPE, content());
  const message = await eventually(async () => {
    const path = `/api/connector/dequeue/${CONNECTOR_ID}`;
    const answer = await send(local, "partner-a", { path });
    return answer.status === 200 ? answer.json() : null;
  });
  location = message.DownloadLocation;
}, 180_000);

afterAll(async () => {
  await blobs.stop();
  await azurite.stop();
});

/** Resident memory of the app's process. */
async function residentMib(): Promise<number> {
  const status = await readFile(`/proc/${local.stack.app().pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

/** How many parts of the file were fetched from storage. */
const partsFetched = (): number => blobs.count("GET", new RegExp(FILE_TYPE));

/** Waits until a number has stopped changing for a while. Too short a while makes the test weaker, never red. */
async function untilStill(count: () => number): Promise<void> {
  for (let last = Number.NaN; last !== count(); ) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Begins a download and takes nothing but what has come with the head. */
async function stalled(): Promise<IncomingMessage> {
  const { answer } = await begin(local, "partner-a", { path: location });
  const response = await answer;
  await once(response, "readable");
  return response;
}

/** Takes the start of the file, and looks at the app's memory again and again. */
async function take(response: IncomingMessage) {
  const got: Buffer[] = [];
  let [taken, mostMib] = [0, 0];
  for await (const chunk of response) {
    got.push(chunk);
    taken += chunk.length;
    if (taken % (4 * MIB) < chunk.length) {
      mostMib = Math.max(mostMib, await residentMib());
    }
    if (taken >= TAKEN_MIB * MIB) {
      break;
    }
  }
  const start = Buffer.concat([...parts()].slice(0, TAKEN_MIB / 8));
  const isWhatWasPublished = Buffer.concat(got).subarray(0, start.length).equals(start);
  return { mostMib, isWhatWasPublished };
}

test("a client that stalls makes the app fetch and hold a little of the file, not all of it", async () => {
  const before = { parts: partsFetched(), mib: await residentMib() };

  const response = await stalled();
  await untilStill(partsFetched);
  const whileStalled = { parts: partsFetched() - before.parts, mib: await residentMib() };
  const { mostMib, isWhatWasPublished } = await take(response);

  expect(isWhatWasPublished).toBe(true);
  expect(whileStalled.parts).toBeLessThan(20);
  const growthMib = Math.max(mostMib, whileStalled.mib) - before.mib;
  expect(growthMib).toBeLessThan(MAX_GROWTH_MIB);
  process.stdout.write(
    `slow client: ${whileStalled.parts} parts while stalled, ${Math.round(growthMib)} MiB more at most\n`,
  );
}, 180_000);

test("five clients that stall at once hold little more than one", async () => {
  const before = await residentMib();

  const responses = await Promise.all(Array.from({ length: 5 }, stalled));
  await untilStill(partsFetched);

  expect((await residentMib()) - before).toBeLessThan(MAX_GROWTH_MIB);
  for (const response of responses) {
    response.destroy();
  }
}, 180_000);

test("a client that goes away stops the reading of its file", async () => {
  const brokenOff = () =>
    local.lines.filter((line) => line.includes('"event":"download-broken-off"')).length;
  const before = { parts: partsFetched(), brokenOff: brokenOff() };
  const response = await stalled();

  response.destroy();
  await eventually(async () => (brokenOff() > before.brokenOff ? true : null));
  await untilStill(partsFetched);

  expect(partsFetched() - before.parts).toBeLessThan(20);
}, 180_000);

test("a file whose storage fails in the middle breaks the client's connection off", async () => {
  const { met } = blobs.inject({
    method: "GET",
    path: new RegExp(FILE_TYPE),
    skip: 2,
    times: 1_000,
    fault: { kind: "refuse", status: 404, code: "BlobNotFound" },
  });
  const { answer } = await begin(local, "partner-a", { path: location });

  const outcome = await sha256(await answer).catch((error: NodeJS.ErrnoException) => error.code);
  await met;
  blobs.clear();

  expect(outcome).toBe("ECONNRESET");
}, 180_000);
