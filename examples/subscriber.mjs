/**
 * Receives the announcements of files from the partner's subscriptions of the topic, and downloads each file. Runs until
 * it is ended.
 *
 *     node examples/subscriber.mjs
 *
 * All that it knows is the app's address and how to get a token: see the settings in examples/README.md. Needs the
 * packages @azure/service-bus and @azure/storage-blob.
 */
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobClient } from "@azure/storage-blob";

const { WAYBILL, TOKENS, API, CLIENT, SECRET, FOLDER = "." } = process.env;
const ENDPOINTS = "/api/external/integration/export/temporaryendpoints";

const { subscriptions } = await temporaryEndpoints();
if (subscriptions.length === 0) {
  throw new Error("Cannot subscribe: no subscription of the topic names this client");
}
await Promise.all(subscriptions.map(({ id }) => subscribe(id)));

/** Each answer serves until it says so, or until one of its tokens is refused. Then another one is asked for. */
async function subscribe(id) {
  /** The last sequence of each file type. It belongs into a database: here it is forgotten at the end. */
  const last = new Map();
  for (;;) {
    try {
      await receive(await endpointOf(id), last);
    } catch (error) {
      console.warn(`${id}: asks again, because of ${error.message}`);
      await delay(1_000);
    }
  }
}

async function receive({ id, serviceBus, containers, refreshAt }, last) {
  if (serviceBus === null) {
    // it is being made
    await delay(refreshAt - Date.now());
    return;
  }
  // a new client for each answer: this one would send the same token again for ever
  const bus = new ServiceBusClient(serviceBus.connectionString, {
    retryOptions: { maxRetries: 0 },
  });
  try {
    const receiver = bus.createReceiver(serviceBus.topic, serviceBus.subscription);
    while (Date.now() < refreshAt) {
      const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 });
      for (const message of messages) {
        reportGap(message.body, last);
        await save(message.body, containers).catch(async (error) => {
          if (error.statusCode !== 401 && error.statusCode !== 403) {
            throw error;
          }
          await save(message.body, (await endpointOf(id)).containers);
        });
        // last of all: what is not completed is delivered again
        await receiver.completeMessage(message);
      }
    }
  } finally {
    await bus.close();
  }
}

/** A file may come again, and late: so an older number is not an error. */
function reportGap({ blobType, properties: { sequence } }, last) {
  const before = last.get(blobType) ?? sequence - 1;
  if (sequence > before + 1) {
    console.warn(`${blobType}: files ${before + 1} to ${sequence - 1} are missing`);
  }
  last.set(blobType, Math.max(before, sequence));
}

/** A file that comes again is stored under the same name. Other programs see the whole file or none. */
async function save({ blobType, uri, properties: { sequence, records } }, containers) {
  const container = containers.find(({ fileType }) => fileType === blobType);
  if (container === undefined) {
    // a type that is younger than the answer
    throw Object.assign(new Error(`no signature for ${blobType}`), { statusCode: 403 });
  }
  const path = join(FOLDER, `${sequence}-${basename(new URL(uri).pathname)}`);
  const file = new BlobClient(`${uri}?${container.sharedAccessSignature}`);
  await file.downloadToFile(`${path}.part`);
  await rename(`${path}.part`, path);
  console.log(`${path}: ${records} rows`);
}

async function endpointOf(id) {
  const answer = await temporaryEndpoints();
  const endpoint = answer.subscriptions.find((each) => each.id === id);
  return { ...endpoint, refreshAt: Date.parse(answer.refreshAfter) };
}

async function temporaryEndpoints() {
  const headers = { authorization: `Bearer ${await token()}` };
  return json(await fetch(new URL(ENDPOINTS, WAYBILL), { headers }));
}

async function token() {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: CLIENT,
    client_secret: SECRET,
    scope: `${API}/.default`,
  });
  return (await json(await fetch(TOKENS, { method: "POST", body }))).access_token;
}

async function json(answer) {
  if (!answer.ok) {
    throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  }
  return answer.json();
}
