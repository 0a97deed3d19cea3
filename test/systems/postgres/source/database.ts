import pg from "pg";
import { type PostgresServer, startPostgres } from "../../../../infra/local/postgres.ts";
import type { Source } from "../../../../src/domain/source.ts";
import { PostgresDefinition } from "../../../../src/systems/postgres/source/definition.ts";
import { postgresSource } from "../../../../src/systems/postgres/source/postgres-source.ts";
import { closeReadPools } from "../../../../src/systems/postgres/source/read-session.ts";
import { connectionsOf } from "../../connections-of.ts";

/** A server of its own for one test file. */
export interface Database {
  readonly server: PostgresServer;
  /** A session of the superuser. */
  readonly admin: pg.Client;
  /** Opens one more session, which `stop` closes. */
  connect(): Promise<pg.Client>;
  /** A source on this database; `connection` is added. */
  source(definition: object, connectionString?: string): Source;
  stop(): Promise<void>;
}

export async function startDatabase(
  settings: Readonly<Record<string, string>> = {},
): Promise<Database> {
  const server = await startPostgres({ settings });
  const clients: pg.Client[] = [];
  const connect = async () => {
    const client = new pg.Client({ connectionString: server.connectionString });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  return {
    server,
    admin: await connect(),
    connect,
    source: (definition, connectionString = server.connectionString) =>
      sourceAt(connectionString, definition),
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await closeReadPools();
      await server.stop();
    },
  };
}

export function sourceAt(connectionString: string, definition: object): Source {
  return postgresSource(
    PostgresDefinition.parse({ kind: "postgres", connection: "shop", ...definition }),
    connectionsOf({ kind: "postgres", connectionString }),
  );
}
