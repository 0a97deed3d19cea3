import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Client, ClientName } from "./token-issuer-clients.ts";

/** The place where `npm start` writes it. Tests run several stacks at once and choose other places. */
export const STACK_FILE = join(import.meta.dirname, "../../.local/stack.json");

/** Facts that a client without our code needs to use the stack. */
export interface StackFile {
  readonly app: string;
  /** PEM file that a client must trust when the addresses begin with `https`; else null. */
  readonly certificateFile: string | null;
  readonly storage: { readonly connectionString: string };
  readonly serviceBus: {
    /** With all rights; what the app itself has is less. */
    readonly connectionString: string;
    /** PEM text of the certificate for TLS on the same port; null when another broker is used. */
    readonly certificate: string | null;
  };
  readonly tokenEndpoint: { readonly v1: string; readonly v2: string };
  /** `resource` of a v1 token request; `<audience>/.default` is the `scope` of a v2 one. */
  readonly audience: string;
  readonly clients: Readonly<Record<ClientName, Pick<Client, "id" | "secret">>>;
  /** The demo shop's database; null without the demo. */
  readonly postgres: string | null;
  readonly demo: {
    /** A connector that `partner-a` may pull from. */
    readonly connectorId: string;
    readonly fileType: string;
    /** The topic, and the subscription of `partner-a` with the events of that file type. */
    readonly topic: string;
    readonly subscription: string;
    /** Port of this machine at which `partner-a` may receive webhooks, and the secret that signs them. */
    readonly webhook: { readonly port: number; readonly secret: string };
  };
}

/** Writes the file so that a reader sees all of it or none. It holds secrets: only its owner may read it. */
export async function writeStackFile(path: string, file: StackFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Asks the token endpoint as any client would. */
export async function requestToken(file: StackFile, name: ClientName): Promise<string> {
  const { id, secret } = file.clients[name];
  const response = await fetch(file.tokenEndpoint.v2, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: id,
      client_secret: secret,
      scope: `${file.audience}/.default`,
    }),
  });
  const answer = (await response.json()) as { access_token?: string; error_description?: string };
  if (answer.access_token === undefined) {
    throw new Error(`Cannot get a token for "${name}": ${answer.error_description}`);
  }
  return answer.access_token;
}
