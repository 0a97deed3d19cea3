/**
 * A subscriber as a partner would write it: a published SDK, and addresses and secrets of the stack file.
 *
 *     node test/clients/subscriber.mjs [.local/stack.json]
 *
 * Receives one file-available event, downloads the file by its uri, and checks its hash and its number of records.
 * Prints one line of JSON; exits with 1 when anything is not as announced.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { ServiceBusClient } from "@azure/service-bus";
import { createRemoteJWKSet, jwtVerify } from "jose";

const stack = JSON.parse(readFileSync(process.argv[2] ?? ".local/stack.json", "utf8"));

const { token, application, issuer } = await provenIdentity();
const { serviceBus, containers } = await temporaryEndpoint();
const { event, message } = await nextEvent();
const bytes = await download(event.uri);
const report = {
  application,
  issuer,
  messageId: message.messageId,
  subject: message.subject,
  uri: event.uri,
  blobType: event.blobType,
  announced: {
    records: event.properties.records,
    sha256: event.properties.sha256,
    bytes: event.properties.bytes,
  },
  received: { records: countRecords(event, bytes), sha256: sha256(bytes), bytes: bytes.length },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(JSON.stringify(report.announced) === JSON.stringify(report.received) ? 0 : 1);

/** A token of partner A's, checked against the issuer's published keys as any API would check it. */
async function provenIdentity() {
  const { id, secret } = stack.clients["partner-a"];
  const response = await fetch(stack.tokenEndpoint.v2, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: id,
      client_secret: secret,
      scope: `${stack.audience}/.default`,
    }),
  });
  const { access_token: token } = await response.json();
  const discovery = new URL("../../v2.0/.well-known/openid-configuration", stack.tokenEndpoint.v2);
  const { jwks_uri: keys, issuer: expected } = await (await fetch(discovery)).json();
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
    issuer: expected,
  });
  return { token, application: payload.azp === id, issuer: payload.iss === expected };
}

async function temporaryEndpoint() {
  const path = "/api/external/integration/export/temporaryendpoints";
  const headers = { authorization: `Bearer ${token}` };
  const { subscriptions } = await (await fetch(new URL(path, stack.app), { headers })).json();
  return subscriptions.find(({ id }) => id === stack.demo.subscription);
}

async function nextEvent() {
  const client = new ServiceBusClient(serviceBus.connectionString);
  const receiver = client.createReceiver(serviceBus.topic, serviceBus.subscription);
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 60_000 });
  if (message === undefined) {
    throw new Error("no event in a minute");
  }
  await receiver.completeMessage(message);
  await client.close();
  return { event: message.body, message };
}

async function download(uri) {
  const answer = await fetch(`${uri}?${containers[0].sharedAccessSignature}`);
  return Buffer.from(await answer.arrayBuffer());
}

function countRecords(event, bytes) {
  const text = (event.contentEncoding === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").filter((line) => line !== "").length;
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
