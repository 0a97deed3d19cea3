/**
 * `npm run as`: sends requests to the app of `npm start`, as one of the demo's clients, each with its own token. The
 * commands are the same in every shell.
 *
 *     npm run -s as partner-a dequeue      takes the next file that waits at the demo's connector, and prints the answer
 *     npm run -s as partner-a read         prints the first lines of that file
 *     npm run -s as partner-a ack          acknowledges it
 *     npm run -s as operator GET /api/definitions/exports
 *     npm run -s as operator PUT /api/definitions/exports/mine mine.json      "-" in place of a file: standard input
 *     npm run -s as operator token         prints a token, for programs of your own
 *     npm run -s as partner-a run examples/puller.mjs CONNECTOR=<id>    runs a program with that client's settings
 */
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { trustCertificate } from "./certificate.ts";
import { runProgram } from "./run-program.ts";
import { requestToken, STACK_FILE, type StackFile } from "./stack-file.ts";
import type { ClientName } from "./token-issuer-clients.ts";

const USAGE = `npm run -s as <client> <what>

  <client>  operator, partner-a, partner-b or stranger
  <what>    dequeue, read, ack             the file that waits at the demo's connector
            <METHOD> <path> [<file>]       any request; its body from a file, or from standard input with "-"
            token                          prints a token
            run <program> [<NAME=value>]   runs a Node program with the client's settings, see examples/README.md`;
const FIRST_LINES = 10;
const METHOD_REGEXP = /^(?:GET|HEAD|PUT|POST|DELETE)$/;

/** Why a command cannot be carried out, in words for its user. */
class Refusal extends Error {}

interface Session {
  readonly client: ClientName;
  readonly stack: StackFile;
  /** File that keeps the last dequeue answer for the next command. */
  readonly dequeued: string;
}

const COMMANDS: Readonly<Record<string, (session: Session) => Promise<void>>> = {
  token: async ({ stack, client }) => print(await requestToken(stack, client)),

  dequeue: async (session) => {
    const { demo } = session.stack;
    const answer = await send(session, ["GET", `/api/connector/dequeue/${demo.connectorId}`]);
    const text = await answer.text();
    requireOk(answer, text);
    if (answer.status === 204) {
      print("no file waits now: try again in some seconds");
      return;
    }
    await writeFile(session.dequeued, text, { mode: 0o600 });
    print(readable(text));
  },

  read: async (session) => {
    const { DownloadLocation } = JSON.parse(await lastDequeued(session)) as {
      DownloadLocation: string;
    };
    const answer = await send(session, ["GET", DownloadLocation]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    requireOk(answer, bytes.toString("utf8"));
    print(firstLines(bytes));
  },

  ack: async (session) => {
    const { demo } = session.stack;
    const body = await lastDequeued(session);
    const answer = await send(session, ["POST", `/api/connector/ack/${demo.connectorId}`], body);
    requireOk(answer, await answer.text());
    print(`acknowledged: ${answer.status}`);
  },
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { "stack-file": { type: "string", default: STACK_FILE } },
});

try {
  await main(positionals);
} catch (error) {
  process.stderr.write(
    `${error instanceof Refusal ? error.message : `${error instanceof Error ? error.message : error}`}\n`,
  );
  process.exitCode = 1;
}

async function main([name, what, path, ...more]: readonly string[]): Promise<void> {
  const [file] = more;
  if (name === undefined || what === undefined) {
    throw new Refusal(USAGE);
  }
  const session = await sessionOf(name);
  const command = COMMANDS[what];
  if (command !== undefined) {
    await command(session);
    return;
  }
  if (what === "run" && path !== undefined) {
    process.exitCode = await runProgram(session, path, more);
    return;
  }
  if (!METHOD_REGEXP.test(what) || path === undefined) {
    throw new Refusal(USAGE);
  }
  // 0 is standard input
  const body = file === undefined ? undefined : readFileSync(file === "-" ? 0 : file);
  const answer = await send(session, [what, asWritten(path)], body);
  process.stderr.write(`${answer.status} ${answer.statusText}\n`);
  print(readable(await answer.text()));
  process.exitCode = answer.ok ? 0 : 1;
}

/** Git's bash on Windows turns an argument with a leading slash into a file path: "C:/Program Files/Git/api/...". */
function asWritten(path: string): string {
  return path.replace(/^[A-Za-z]:\/.*?(?=\/(?:api|data)\/)/, "");
}

async function sessionOf(name: string): Promise<Session> {
  const path = options["stack-file"];
  const text = await readFile(path, "utf8").catch(() => {
    throw new Refusal(`Cannot find out where Waybill runs: there is no "${path}"; run npm start`);
  });
  const stack = JSON.parse(text) as StackFile;
  if (stack.certificateFile !== null) {
    trustCertificate(await readFile(stack.certificateFile, "utf8"));
  }
  if (!Object.hasOwn(stack.clients, name)) {
    throw new Refusal(`Cannot be "${name}": there are ${Object.keys(stack.clients).join(", ")}`);
  }
  return {
    client: name as ClientName,
    stack,
    dequeued: join(dirname(path), `${name}.dequeued.json`),
  };
}

async function lastDequeued({ dequeued, client }: Session): Promise<string> {
  return readFile(dequeued, "utf8").catch(() => {
    throw new Refusal(`Cannot tell which file: run "npm run -s as ${client} dequeue" first`);
  });
}

async function send(
  { stack, client }: Session,
  [method, path]: readonly [method: string, path: string],
  body?: string | Buffer,
): Promise<Response> {
  try {
    return await fetch(new URL(path, stack.app), {
      method,
      headers: { authorization: `Bearer ${await requestToken(stack, client)}` },
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    throw new Refusal(`Cannot reach ${stack.app}: run npm start, in another terminal`, {
      cause: error,
    });
  }
}

function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function firstLines(bytes: Buffer): string {
  const start = bytes.toString("latin1", 0, 2);
  if (start === "PK") {
    return `a data package: a zip of ${bytes.length} bytes`;
  }
  const text = (start === "\x1f\x8b" ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").slice(0, FIRST_LINES).join("\n");
}

function requireOk(answer: Response, text: string): void {
  if (!answer.ok) {
    throw new Refusal(`${answer.status} ${answer.statusText}\n${text}`);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
