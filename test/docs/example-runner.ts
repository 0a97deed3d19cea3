import { execFile } from "node:child_process";
import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { writeStackFile } from "../../infra/local/stack-file.ts";
import type { LocalStack } from "../support/local-stack.ts";
import { manifestPackage } from "../support/manifest-package.ts";
import { type Block, placeOf, type Request, requestsOf } from "./document-blocks.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);
/** Shorter than a test may take, so that the failure shows the wrong answer. */
const PATIENCE = { timeout: 50_000, interval: 50 };

/** Runs blocks of documents as a reader would, in the order in which they stand. */
export interface ExampleRunner {
  /** Sends the requests of an `http` block. @throws Error that names the place and the answer when one is refused */
  send(block: Block): Promise<void>;
  /** Sends the last request again until the answer is the one that the block shows; `...` stands for anything. */
  awaitAnswer(block: Block): Promise<void>;
  /** Carries out an `sh` block, beside the files that the documents name. @throws Error when a command fails */
  carryOut(block: Block): Promise<string>;
}

interface Sent {
  readonly request: Request;
  readonly status: number;
  readonly text: string;
}

/** Files that the documents speak of, and that a reader has made. */
const FILES: Readonly<Record<string, string | Buffer>> = {
  "prices.zip": manifestPackage({ Prices: { content: "item_id,price\r\n5,1.50\r\n" } }),
};

export async function exampleRunner(local: LocalStack): Promise<ExampleRunner> {
  const directory = await mkdtemp(join(tmpdir(), "waybill-examples-"));
  await prepare(local, directory);
  const told = new Map<string, string>();
  const state: { last?: Sent } = {};
  const sendOne = async (request: Request): Promise<Sent> => {
    const sent = await send(local, filled(request, told));
    remember(told, sent);
    state.last = { ...sent, request };
    return state.last;
  };
  return {
    send: async (block) => {
      for (const request of requestsOf(block)) {
        const { status, text } = await sendOne(request);
        if (!expectedOf(request).includes(status)) {
          throw new Error(
            `${placeOf(block)}: ${request.method} ${request.path}: ${status} ${text}`,
          );
        }
      }
    },
    awaitAnswer: async (block) => {
      const request = state.last?.request;
      if (request === undefined) {
        throw new Error(`${placeOf(block)}: nothing was sent`);
      }
      await expect
        .poll(async () => JSON.parse((await sendOne(request)).text), PATIENCE)
        .toEqual(asShown(JSON.parse(block.text)));
    },
    carryOut: async (block) => {
      const { stdout } = await run("bash", ["-euo", "pipefail", "-c", block.text], {
        cwd: directory,
        env: environmentOf(local),
      }).catch((error: Error & { stderr?: string; stdout?: string }) => {
        throw new Error(`${placeOf(block)}: ${error.message}\n${error.stdout}`);
      });
      return stdout;
    },
  };
}

/** The commands of package.json, against the stack of this test. */
async function prepare(local: LocalStack, directory: string): Promise<void> {
  const stackFile = join(directory, "stack.json");
  await writeStackFile(stackFile, local.stack.file);
  const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    scripts: { as: string };
  };
  const as = `${scripts.as.replace("node infra", `node ${ROOT}/infra`)} --stack-file ${stackFile}`;
  await writeFile(join(directory, "package.json"), JSON.stringify({ scripts: { as } }));
  await symlink(join(ROOT, "examples"), join(directory, "examples"), "junction");
  for (const [name, content] of Object.entries(FILES)) {
    await writeFile(join(directory, name), content);
  }
}

/** Variables that a reader of docs/deploy.md sets before a request to the app. */
function environmentOf({ stack }: LocalStack): Record<string, string> {
  const { file, cloud } = stack;
  return {
    // biome-ignore lint/style/noProcessEnv: programs are found by it
    PATH: process.env.PATH ?? "",
    WAYBILL: file.app,
    TOKENS: file.tokenEndpoint.v2,
    OPERATOR: file.clients.operator.id,
    SECRET: file.clients.operator.secret,
    API: cloud.apiClientId,
  };
}

/** Definitions are made, not replaced: an example that would overwrite the demo, or another example, fails. */
function expectedOf({ method, path }: Request): readonly number[] {
  return method === "PUT" && path !== "<BlobUrl>" ? [201] : [200, 201, 202, 204];
}

async function send(local: LocalStack, { method, path, headers, body }: Request): Promise<Sent> {
  const isOurs = path.startsWith("/");
  const isPartners = /^\/(?:api\/connector|data)\//.test(path);
  const isDefined = isOurs && method === "PUT";
  const file = FILES[/^<([\w.]+)>$/.exec(body)?.[1] ?? ""];
  const token = isOurs ? await local.stack.token(isPartners ? "partner-a" : "operator") : null;
  const response = await fetch(new URL(path, local.stack.file.app), {
    method,
    headers: {
      ...headers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(isDefined ? { "if-none-match": "*" } : {}),
    },
    ...(body === "" ? {} : { body: file ?? body }),
  });
  const request = { method, path, headers, body };
  return { request, status: response.status, text: await response.text() };
}

/** Keeps what later examples name as `<message id>`, `<execution id>`, `<BlobUrl>` or `<package URL>`. */
function remember(told: Map<string, string>, { request: { path }, text }: Sent): void {
  const action = /\.(\w+)$/.exec(path)?.[1] ?? "";
  if (path.startsWith("/api/connector/enqueue/")) {
    told.set("message id", String(JSON.parse(text)));
  } else if (action === "GetAzureWriteUrl") {
    told.set("BlobUrl", JSON.parse(JSON.parse(text).value).BlobUrl);
  } else if (action === "GetExportedPackageUrl") {
    told.set("package URL", JSON.parse(text).value);
  } else if (/^(?:Export|Import)/.test(action)) {
    told.set("execution id", JSON.parse(text).value);
  }
}

function filled(request: Request, told: ReadonlyMap<string, string>): Request {
  const fill = (text: string): string =>
    text.replaceAll(/<([\w. ]+)>/g, (whole, name) => {
      const value = told.get(name) ?? (Object.hasOwn(FILES, name) ? whole : undefined);
      if (value === undefined) {
        throw new Error(`no answer before has told "${whole}"`);
      }
      return value;
    });
  return { ...request, path: fill(request.path), body: fill(request.body) };
}

/** The pattern of an answer: `...` is anything. */
function asShown(shown: unknown): unknown {
  if (typeof shown !== "object" || shown === null) {
    return shown === "..." ? expect.anything() : shown;
  }
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, asShown(value)]));
}
