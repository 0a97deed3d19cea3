/**
 * Memory of the process of the app and the local host for three bodies of the largest size at once.
 *
 *     npm run test:load:limit
 *
 * The platform's host is another process, and takes more: it parses JSON objects with a length (docs/from-dynamics.md).
 */
import { randomUUID } from "node:crypto";
import { ANY_PORTS, startStack } from "../../infra/local/stack.ts";
import { DEFAULT_BODY_LIMIT } from "../../src/config.ts";
import { peakMb, watchMemory } from "./memory-watch.ts";

const AT_ONCE = 3;
/** Made before there is a connection: making them takes longer than the host keeps an idle one. */
const ofMembers = manyMembers();
const ofLines = Buffer.alloc(DEFAULT_BODY_LIMIT, "7\n");
const warnings = new Set<string>();
const stack = await startStack({
  ...{ ports: ANY_PORTS, shop: false, demo: false, tick: "0 * * * * *" },
  onLine: (line) => {
    if (/^(?:warning|error|critical)/.test(line)) {
      warnings.add(line);
    }
  },
});
const authorization = async (client: "operator" | "partner-a"): Promise<string> =>
  `Bearer ${await stack.token(client)}`;
const path = `/api/connector/enqueue/${randomUUID()}`;
try {
  await define();
  const token = { authorization: await authorization("partner-a") };
  await measure("three JSON bodies without a token", ofMembers, {});
  await measure("three JSON bodies with a token", ofMembers, token);
  await measure("three CSV bodies with a token", ofLines, token);
} finally {
  await stack.stop();
}
for (const line of warnings) {
  print(`the local host wrote: ${line}`);
}

async function define(): Promise<void> {
  await put("imports/things", {
    format: { kind: "csv" },
    entities: [{ name: "Items", target: { kind: "blob", container: "handed-on" } }],
  });
  await put(`connectors/${path.split("/").at(-1)}`, {
    ...{ name: "Partner", direction: "import", content: "file", import: "things" },
    applications: [stack.file.clients["partner-a"].id],
  });
}

async function put(where: string, body: object): Promise<void> {
  const response = await fetch(new URL(`/api/definitions/${where}`, stack.file.app), {
    method: "PUT",
    headers: { authorization: await authorization("operator") },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(`${where}: ${response.status} ${await response.text()}`);
  }
}

async function measure(
  what: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const memory = watchMemory({ pid: () => stack.app().pid, done: () => 0 });
  const before = peakMb(memory.samples);
  const statuses = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const sent = { method: "POST", headers, body: new Uint8Array(body) };
      const response = await fetch(new URL(path, stack.file.app), sent);
      await response.arrayBuffer();
      return response.status;
    }),
  );
  memory.stop();
  print(
    `${what} of ${body.length} bytes: rss ${before.toFixed(0)} MB before, ${peakMb(memory.samples).toFixed(0)} MB at most; answers ${statuses}`,
  );
}

/** The dearest kind: an object of small members. */
function manyMembers(): Buffer {
  const members: string[] = [];
  let bytes = 2;
  for (let at = 0; bytes < DEFAULT_BODY_LIMIT - 20; at += 1) {
    const member = `"${at.toString(36)}":1`;
    members.push(member);
    bytes += member.length + 1;
  }
  const text = `{${members.join(",")}}`;
  return Buffer.from(text + " ".repeat(DEFAULT_BODY_LIMIT - text.length));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
