import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { StackFile } from "../../infra/local/stack-file.ts";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { eventually } from "./local-stack.ts";

export interface HttpsStart {
  /** The first screen, as it was printed. */
  readonly screen: string;
  readonly stackFile: string;
  readonly stack: StackFile;
  /** PEM text of the certificate that is printed. */
  readonly certificate: string;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
}

/** `npm start -- --https --data DIR`, in a process of its own. */
export async function startWithHttps(directory: string): Promise<HttpsStart> {
  const stackFile = join(directory, "stack.json");
  const child = spawn(
    process.execPath,
    ["infra/local/start.ts", "--https", "--any-port", "--data", directory].concat(
      "--stack-file",
      stackFile,
    ),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let screen = "";
  child.stdout.on("data", (chunk) => {
    screen += chunk;
  });
  await eventually(async () => {
    if (child.exitCode !== null) {
      throw new Error(`the start ended with ${child.exitCode}: ${screen}`);
    }
    return screen.includes("Stop with Ctrl-C.") || null;
  });
  const stack = JSON.parse(await readFile(stackFile, "utf8")) as StackFile;
  return {
    ...{ screen, stackFile, stack },
    certificate: await readFile(stack.certificateFile ?? "", "utf8"),
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

export interface SecureRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The only certificates that are trusted; absent: those of the system. */
  readonly ca?: string;
}

export interface SecureAnswer {
  readonly status: number;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
  json(): any;
}

/** Sends a request to an address that is https: any other is refused, as clients of Dynamics 365 do. */
export async function sendSecurely(
  url: string | URL,
  { method = "GET", headers = {}, body, ca }: SecureRequest = {},
): Promise<SecureAnswer> {
  const sent = request(url, { ...{ method, headers, agent: false }, ...(ca ? { ca } : {}) });
  sent.end(body);
  const [response] = await once(sent, "response");
  const bytes = await buffer(response);
  return { status: response.statusCode, bytes, json: () => JSON.parse(bytes.toString("utf8")) };
}

/** Sends a request to the app as one of the clients; the answer is JSON, or empty. */
export async function callSecurely(
  { stack, certificate: ca }: HttpsStart,
  client: ClientName,
  [method, path, body]: readonly [method: string, path: string, body?: object | string],
): Promise<SecureAnswer> {
  const { id, secret } = stack.clients[client];
  const form = {
    grant_type: "client_credentials",
    ...{ client_id: id, client_secret: secret, scope: `${stack.audience}/.default` },
  };
  const granted = await sendSecurely(stack.tokenEndpoint.v2, {
    ...{ method: "POST", ca, body: String(new URLSearchParams(form)) },
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  return sendSecurely(new URL(path, stack.app), {
    ...{ method, ca },
    headers: { authorization: `Bearer ${granted.json().access_token}` },
    ...(text === undefined ? {} : { body: text }),
  });
}
