/**
 * Takes the files that wait at a connector: dequeue, download, acknowledge. Ends when no file has come for 20 seconds.
 *
 *     node examples/puller.mjs
 *
 * Settings are environment variables, see examples/README.md. Needs no packages.
 */
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";

const { WAYBILL, TOKENS, API, CLIENT, SECRET, CONNECTOR, FOLDER = "." } = process.env;

for (let file = await dequeue(); file !== null; file = await dequeue()) {
  const path = join(FOLDER, basename(file.FileName));
  const { body } = await call(file.DownloadLocation);
  // other programs see the whole file or none
  await pipeline(body, createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
  // last of all: a file that is not acknowledged is handed out again
  await call(`/api/connector/ack/${CONNECTOR}`, { method: "POST", body: JSON.stringify(file) });
  console.log(`${path}: ${file.Records} rows`);
}

async function dequeue() {
  const headers = { prefer: "wait=20" };
  const answer = await call(`/api/connector/dequeue/${CONNECTOR}`, { headers });
  return answer.status === 204 ? null : answer.json();
}

/** Sends a request with a token. "Not now" (429, 503) is answered by asking again, when the answer says so. */
async function call(path, request = {}) {
  const headers = { ...request.headers, authorization: `Bearer ${await token()}` };
  const answer = await fetch(new URL(path, WAYBILL), { ...request, headers });
  if (answer.status === 429 || answer.status === 503) {
    await delay(1_000 * Number(answer.headers.get("retry-after") ?? 5));
    return call(path, request);
  }
  if (!answer.ok) {
    throw new Error(`Cannot ask for ${path}: ${answer.status} ${await answer.text()}`);
  }
  return answer;
}

/** One token serves for many requests; the issuer says for how long. */
async function token() {
  if (Date.now() < (token.endsAt ?? 0)) {
    return token.text;
  }
  const answer = await fetch(TOKENS, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: CLIENT,
      client_secret: SECRET,
      scope: `${API}/.default`,
    }),
  });
  if (!answer.ok) {
    throw new Error(`Cannot get a token: ${answer.status} ${await answer.text()}`);
  }
  const { access_token: text, expires_in: seconds } = await answer.json();
  Object.assign(token, { text, endsAt: Date.now() + (seconds - 60) * 1_000 });
  return text;
}
