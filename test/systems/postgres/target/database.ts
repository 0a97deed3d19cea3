import pg from "pg";
import { type PostgresServer, startPostgres } from "../../../../infra/local/postgres.ts";
import type { RowFailure, Target, WriteRequest } from "../../../../src/domain/target.ts";
import type { Column, ColumnType, GivenRow, Row } from "../../../../src/formats/rows.ts";
import { PostgresTargetDefinition } from "../../../../src/systems/postgres/target/definition.ts";
import { postgresTarget } from "../../../../src/systems/postgres/target/postgres-target.ts";
import { closeWritePools } from "../../../../src/systems/postgres/target/write-session.ts";
import { connectionsOf } from "../../connections-of.ts";

/** A server of its own for one test file. */
export interface Database {
  readonly server: PostgresServer;
  /** A session of the superuser. */
  readonly admin: pg.Client;
  /** Opens one more session, which `stop` closes. */
  connect(): Promise<pg.Client>;
  /** The rows of a query, as arrays of the texts that PostgreSQL sends. */
  rows(sql: string): Promise<(string | null)[][]>;
  /** A target on this database; `connection` and mode "upsert" are added. */
  target(definition: object, connectionString?: string): Target;
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
  const admin = await connect();
  return {
    server,
    admin,
    connect,
    rows: async (sql) => {
      const types = { getTypeParser: () => (text: string) => text };
      const result = await admin.query({ text: sql, rowMode: "array" as const, types });
      return result.rows;
    },
    target: (definition, connectionString = server.connectionString) =>
      targetAt(connectionString, definition),
    stop: async () => {
      await closeWritePools();
      await Promise.all(clients.map((client) => client.end()));
      await server.stop();
    },
  };
}

export function targetAt(connectionString: string, definition: object): Target {
  return postgresTarget(
    PostgresTargetDefinition.parse({
      kind: "postgres",
      connection: "shop",
      mode: "upsert",
      ...definition,
    }),
    connectionsOf({ kind: "postgres", connectionString }),
  );
}

/** @param text `id:integer name:string` */
function columnsOf(text: string): Column[] {
  return text.split(" ").map((part) => {
    const [name = "", type = "string"] = part.split(":");
    return { name, type: type as ColumnType };
  });
}

export function aRequest(columns: string, overrides: Partial<WriteRequest> = {}): WriteRequest {
  return {
    runId: crypto.randomUUID(),
    entity: "Items",
    columns: columnsOf(columns),
    validateOnly: false,
    atomic: false,
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** Writes rows in one batch, commits and closes. */
export function writeAll(
  target: Target,
  request: WriteRequest,
  rows: readonly GivenRow[],
): Promise<RowFailure[]> {
  return writeBatches(target, request, [rows]);
}

/** Writes batches that follow one another, commits and closes. */
export async function writeBatches(
  target: Target,
  request: WriteRequest,
  batches: readonly (readonly GivenRow[])[],
): Promise<RowFailure[]> {
  const writer = await target.open(request);
  try {
    const failures: RowFailure[] = [];
    let firstRow = 1;
    for (const batch of batches) {
      failures.push(...(await writer.write(batch, firstRow)));
      firstRow += batch.length;
    }
    await writer.commit();
    return failures;
  } finally {
    await writer.close();
  }
}

export function batchesOf(rows: readonly Row[], batchRows: number): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / batchRows) }, (_, index) =>
    rows.slice(index * batchRows, (index + 1) * batchRows),
  );
}
