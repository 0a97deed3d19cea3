/**
 * Receives the announcements of files from the topic, and downloads each file. Runs until it is ended.
 *
 *     node examples/subscriber.mjs
 *
 * Settings are environment variables, see examples/README.md. Needs the packages @azure/service-bus, @azure/storage-blob
 * and, with an identity in Azure, @azure/identity.
 */
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { DefaultAzureCredential } from "@azure/identity";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobClient, BlobServiceClient } from "@azure/storage-blob";

const { SERVICE_BUS, TOPIC = "file-available", SUBSCRIPTION, STORAGE, FOLDER = "." } = process.env;

// a connection string on one machine, the namespace's name and an identity in Azure
const bus = SERVICE_BUS.includes("=")
  ? new ServiceBusClient(SERVICE_BUS)
  : new ServiceBusClient(SERVICE_BUS, new DefaultAzureCredential());
const receiver = bus.createReceiver(TOPIC, SUBSCRIPTION);
/** The last sequence of each file type. It belongs into a database: here it is forgotten at the end. */
const last = new Map();

for await (const message of receiver.getMessageIterator()) {
  const { blobType, uri, properties } = message.body;
  const before = last.get(blobType) ?? properties.sequence - 1;
  if (properties.sequence > before + 1) {
    console.warn(`${blobType}: files ${before + 1} to ${properties.sequence - 1} are missing`);
  }
  // a file may be announced twice
  if (properties.sequence > before) {
    const path = join(FOLDER, `${properties.sequence}-${basename(new URL(uri).pathname)}`);
    await blob(uri).downloadToFile(`${path}.part`);
    await rename(`${path}.part`, path);
    last.set(blobType, properties.sequence);
    console.log(`${path}: ${properties.records} rows`);
  }
  // last of all: what is not completed is delivered again
  await receiver.completeMessage(message);
}

function blob(uri) {
  if (STORAGE === undefined) {
    return new BlobClient(uri, new DefaultAzureCredential());
  }
  const storage = BlobServiceClient.fromConnectionString(STORAGE);
  const [container, ...name] = uri.slice(storage.url.length).replace(/^\//, "").split("/");
  return storage.getContainerClient(container).getBlobClient(decodeURIComponent(name.join("/")));
}
