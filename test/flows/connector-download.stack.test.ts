import { createHash, randomBytes } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { begin, type HttpAnswer, type HttpRequest, send } from "../support/http-client.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { usePublisher } from "../support/published-files.ts";

const local = useLocalStack();
const publisher = usePublisher(local);

const CONNECTOR_ID = "7a4b0f4e-8c0e-4d8c-9b9b-4c1f1f0a2b01";
const FILE_TYPE = "Test.Download";
const BYTES = 9 * 2 ** 20 + 13;

const whole = randomBytes(BYTES);
const sha256 = createHash("sha256").update(whole);
const [hex, base64] = [sha256.copy().digest("hex"), sha256.digest("base64")];
const ETAG = `"${hex}"`;

let location = "";
let deliveryId = "";

beforeAll(async () => {
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    leaseSeconds: 600,
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define("subscriptions/download", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
  await publisher.publish(FILE_TYPE, whole);
  const message = await eventually(async () => {
    const answer = await send(local, "partner-a", {
      path: `/api/connector/dequeue/${CONNECTOR_ID}`,
    });
    return answer.status === 200 ? answer.json() : null;
  });
  location = message.DownloadLocation;
  deliveryId = message.CorrelationId;
});

const download = (
  headers: Readonly<Record<string, string>> = {},
  request: Partial<HttpRequest> = {},
): Promise<HttpAnswer> => send(local, "partner-a", { path: location, headers, ...request });

async function downloadedAt(): Promise<string | null> {
  const path = `/api/connectors/${CONNECTOR_ID}/deliveries/${deliveryId}`;
  return (await send(local, "operator", { path })).json().downloadedAt;
}

test("HEAD tells all about the file, sends nothing and notes nothing", async () => {
  const { status, headers, bytes } = await download({}, { method: "HEAD" });

  expect([status, bytes.length]).toEqual([200, 0]);
  expect(headers).toMatchObject({
    "content-length": String(BYTES),
    "content-type": "text/csv; charset=utf-8",
    "accept-ranges": "bytes",
    etag: ETAG,
    "repr-digest": `sha-256=:${base64}:`,
  });
  expect(await downloadedAt()).toBeNull();
});

test("a download has the file's tag and digest, and the operator sees when it was", async () => {
  const before = new Date();

  const { status, headers, bytes } = await download();

  expect(status).toBe(200);
  expect(bytes.equals(whole)).toBe(true);
  expect(headers).toMatchObject({
    "content-length": String(BYTES),
    etag: ETAG,
    "accept-ranges": "bytes",
    "repr-digest": `sha-256=:${base64}:`,
  });
  expect(headers["content-encoding"]).toBeUndefined();
  expect(new Date((await downloadedAt()) ?? 0).getTime()).toBeGreaterThanOrEqual(before.getTime());
});

test.each([
  ["bytes=0-0", 0, 1],
  ["bytes=5-4194310", 5, 4_194_311],
  ["bytes=4194304-", 4_194_304, BYTES],
  ["bytes=-100", BYTES - 100, BYTES],
  ["bytes=9000000-99999999999", 9_000_000, BYTES],
])("Range: %s is answered with that part alone", async (range, from, to) => {
  const { status, headers, bytes } = await download({ range });

  expect(status).toBe(206);
  expect(headers).toMatchObject({
    "content-range": `bytes ${from}-${to - 1}/${BYTES}`,
    "content-length": String(to - from),
    etag: ETAG,
    "repr-digest": `sha-256=:${base64}:`,
  });
  expect(bytes.equals(whole.subarray(from, to))).toBe(true);
});

test("a range beyond the end is refused with the size", async () => {
  const { status, headers, bytes } = await download({ range: `bytes=${BYTES}-` });

  expect([status, bytes.length]).toEqual([416, 0]);
  expect(headers).toMatchObject({ "content-range": `bytes */${BYTES}` });
});

test("what a client has already is not sent again", async () => {
  for (const method of ["GET", "HEAD"]) {
    const { status, headers, bytes } = await download({ "if-none-match": ETAG }, { method });
    expect([method, status, bytes.length]).toEqual([method, 304, 0]);
    expect(headers).toMatchObject({ etag: ETAG });
  }
  expect((await download({ "if-none-match": '"other"', range: "bytes=0-9" })).status).toBe(206);
  expect((await download({ "if-match": '"other"' })).status).toBe(412);
});

test("a part of another version is not part: the whole file comes", async () => {
  const answer = await download({ range: "bytes=0-9", "if-range": '"other"' });

  expect(answer.status).toBe(200);
  expect(answer.bytes.equals(whole)).toBe(true);
});

test("a download that breaks off goes on where it was", async () => {
  const { request, answer } = await begin(local, "partner-a", { path: location });
  const got: Buffer[] = [];
  for await (const chunk of await answer) {
    got.push(chunk);
    if (Buffer.concat(got).length > 1_000_000) {
      break;
    }
  }
  request.destroy();
  const start = Buffer.concat(got);

  const rest = await download({ range: `bytes=${start.length}-`, "if-range": ETAG });

  expect(rest.status).toBe(206);
  expect(Buffer.concat([start, rest.bytes]).equals(whole)).toBe(true);
});

test("eight parts at once are the file", async () => {
  const size = Math.ceil(BYTES / 8);
  const parts = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      download({ range: `bytes=${index * size}-${(index + 1) * size - 1}` }),
    ),
  );

  expect(parts.map(({ status }) => status)).toEqual(parts.map(() => 206));
  expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(whole)).toBe(true);
});

test("downloads do not disturb the lease", async () => {
  const renewed = async () =>
    send(local, "partner-a", {
      method: "POST",
      path: `/api/connector/renew/${CONNECTOR_ID}`,
      body: { CorrelationId: deliveryId, PopReceipt: "wrong" },
    });
  // somebody else's receipt is wrong before and after: the delivery is still leased to the same client
  expect((await renewed()).json().type).toBe("urn:waybill:problem:message-leased-by-another");
  await Promise.all([download({ range: "bytes=0-9" }), download({ range: "bytes=9-19" })]);
  expect((await renewed()).json().type).toBe("urn:waybill:problem:message-leased-by-another");
  const acked = await send(local, "partner-a", {
    method: "POST",
    path: `/api/connector/ack/${CONNECTOR_ID}`,
    body: { CorrelationId: deliveryId },
  });
  expect(acked.status).toBe(200);
});

test("a file that is not the delivery's is not found, by any method", async () => {
  const other = location.replace(/blob=[^&]*/, "blob=11111111-2222-4333-8444-555555555555");
  for (const method of ["GET", "HEAD"]) {
    const { status, bytes } = await download({ range: "bytes=0-9" }, { path: other, method });
    expect([method, status]).toEqual([method, 404]);
    expect(bytes.length > 0).toBe(method === "GET");
  }
});
