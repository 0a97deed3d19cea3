/**
 * Is called for each file: checks the signature, downloads the file, and only then says that it has it.
 *
 *     node examples/webhook-receiver.mjs
 *
 * Settings are environment variables, see examples/README.md. Needs no packages. It reads the body "business-event".
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

const { WEBHOOK_PORT = "7073", WEBHOOK_SECRET = "", FOLDER = "." } = process.env;
const KEY = Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const TOLERANCE_SECONDS = 300;
/** Ids of the deliveries that were taken. A real receiver keeps them for longer than it runs. */
const taken = new Set();

createServer(async (request, response) => {
  // the bytes as they came: JSON that is parsed and made again has another signature
  const body = Buffer.concat(await request.toArray());
  try {
    response.writeHead(await take(request.headers, body)).end();
  } catch (error) {
    // Waybill calls again
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(Number(WEBHOOK_PORT), "127.0.0.1");

/** @returns status of the answer */
async function take(headers, body) {
  if (!isSigned(headers, body)) {
    return 401;
  }
  const id = headers["webhook-id"];
  const file = JSON.parse(body.toString());
  // a delivery comes again when an answer was lost; a test event is about a file that came before
  if (!taken.has(id) && !file.Test) {
    const path = join(FOLDER, basename(file.FileName));
    await download(file.DownloadURL, path);
    taken.add(id);
    console.log(`${path}: ${file.RecordCount} rows`);
  }
  return 204;
}

/** Standard Webhooks: any signature of the list may match, and an old request is not taken. */
function isSigned(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": list = "" } = headers;
  if (Math.abs(Date.now() / 1_000 - Number(time)) > TOLERANCE_SECONDS) {
    return false;
  }
  const expected = createHmac("sha256", KEY).update(`${id}.${time}.`).update(body).digest();
  return list.split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** Other programs see the whole file or none. */
async function download(url, path) {
  const answer = await fetch(url);
  if (!answer.ok) {
    throw new Error(`Cannot download ${basename(path)}: ${answer.status}`);
  }
  await pipeline(answer.body, createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
}
