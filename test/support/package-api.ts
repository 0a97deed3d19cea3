import { Client } from "pg";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import type { LocalStack } from "./local-stack.ts";

export interface ActionAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
  json(): any;
}

/** Where the actions of the package API are. */
export const ACTIONS = "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.";

export interface ActionCaller {
  /**
   * Calls an action.
   *
   * @param body an object, or a text or bytes that are sent as they are
   */
  act(action: string, body: object | string | Uint8Array, path?: string): Promise<ActionAnswer>;
  /** The value of an action that succeeds. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
  value(action: string, body: object | string | Uint8Array): Promise<any>;
}

export const GUID_REGEXP = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Makes the table that {@link packageExports} read, with two rows. */
export async function makeCountries(local: LocalStack): Promise<Client> {
  const database = new Client(local.stack.file.postgres ?? "");
  // a test that fails leaves it to the end of the server
  database.on("error", () => undefined);
  await database.connect();
  await database.query("create table public.countries (code text primary key, name text)");
  await database.query("insert into public.countries values ('DK', 'Danmark'), ('FO', 'Føroyar')");
  return database;
}

/** Puts in exports that `partner-a` may order packages of. */
export function packageExports(local: LocalStack) {
  const entityOf = (name: string, table: string): object => ({
    name,
    source: { kind: "postgres", connection: "shop-owner", table: `public.${table}` },
  });
  return {
    entityOf,
    define: async (id: string, more: { packageApi?: object; [name: string]: unknown } = {}) => {
      const { packageApi, ...others } = more;
      await local.define(`exports/${id}`, {
        fileType: `Test.${id}`,
        entities: [entityOf("Countries", "countries")],
        format: { kind: "csv" },
        ...others,
        packageApi: {
          applications: [local.stack.file.clients["partner-a"].id],
          ...packageApi,
        },
      });
    },
  };
}

/** Calls actions as one of the clients. */
export function actionCaller(local: LocalStack, client: ClientName): ActionCaller {
  const act: ActionCaller["act"] = async (action, body, path = ACTIONS) => {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(new URL(path + action, local.stack.file.app), {
      method: "POST",
      headers: {
        authorization: `Bearer ${await local.stack.token(client)}`,
        "content-type": "application/json; charset=utf-8",
      },
      body: isRaw ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, text, json: () => JSON.parse(text) };
  };
  return {
    act,
    value: async (action, body) => {
      const answer = await act(action, body);
      if (answer.status !== 200) {
        throw new Error(`${action}: ${answer.status} ${answer.text}`);
      }
      return answer.json().value;
    },
  };
}
