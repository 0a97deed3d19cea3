import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** An application registered in the tenant, with one client secret. */
export interface Client {
  /** Application (client) id. */
  readonly id: string;
  readonly secret: string;
  /** Object id of its service principal: `oid` and `sub` of its tokens. */
  readonly objectId: string;
  /** App roles granted to it for every audience. */
  readonly roles: readonly string[];
}

/** Fixed, so that examples in the documents work at every start. */
const IDS = {
  operator: "2b6a1f0c-7d9e-4c55-9c1e-8f0d3a5b6e71",
  "partner-a": "9d3f7a52-1c48-4e0b-8a6d-5b2e7f90c134",
  "partner-b": "c5e81b7f-62a0-47d3-b9f4-0a7d1e3c8825",
  stranger: "e07c4d91-3b5f-4a68-8d02-96f1b8a3d7ce",
} as const;

/** Fixed, so that the token address is the same at every start. */
export const TENANT_ID = "5d0c7b1e-94f2-4f6a-b3a8-6e1d2c4f8a90";
export const API_CLIENT_ID = "b84e2f60-1c7d-4a39-8f15-d3a6907c5e24";

export type ClientName = keyof typeof IDS;
export type Clients = Readonly<Record<ClientName, Client>>;

/** The applications of the demo: one operator, two partners, and one that has no rights. Secrets are random. */
export function makeClients(): Clients {
  return {
    operator: makeClient("operator", ["Waybill.Operator"]),
    "partner-a": makeClient("partner-a", []),
    "partner-b": makeClient("partner-b", []),
    stranger: makeClient("stranger", []),
  };
}

/** The clients of the last start with this directory, or new ones. */
export async function keptClients(directory: string): Promise<Clients> {
  const path = join(directory, "clients.json");
  try {
    return JSON.parse(await readFile(path, "utf8")) as Clients;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new Error(`Cannot read the clients' secrets in "${path}": remove the file`, {
        cause: error,
      });
    }
  }
  const clients = makeClients();
  await mkdir(directory, { recursive: true });
  await writeFile(path, `${JSON.stringify(clients, null, 2)}\n`, { mode: 0o600 });
  return clients;
}

function makeClient(name: ClientName, roles: readonly string[]): Client {
  return {
    id: IDS[name],
    secret: randomBytes(30).toString("base64url"),
    objectId: randomUUID(),
    roles,
  };
}
