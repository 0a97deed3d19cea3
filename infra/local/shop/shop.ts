import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { startPostgres } from "../postgres.ts";
import { startShopChanges } from "./changes.ts";

/** The demo's database: a real server with a small shop. */
export interface Shop {
  /** The owner's. */
  readonly connectionString: string;
  /** Of the role that exports read with: it may select, and nothing else. */
  readonly readerConnectionString: string;
  /** Keeps changing rows from now on. */
  beginChanges(): void;
  stop(): Promise<void>;
}

const READER = "shop_reader";

/** Starts the server, and opens the shop where there is none yet. */
export async function startShop(options: { dataDirectory?: string }): Promise<Shop> {
  const server = await startPostgres(options);
  try {
    const password = randomBytes(24).toString("base64url");
    await openShop(server.connectionString, password);
    let changes: { stop(): Promise<void> } | null = null;
    return {
      connectionString: server.connectionString,
      readerConnectionString: server.connectionStringFor({ user: READER, password }),
      beginChanges: () => {
        changes ??= startShopChanges({ connectionString: server.connectionString });
      },
      stop: async () => {
        await changes?.stop();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function openShop(connectionString: string, readerPassword: string): Promise<void> {
  const client = new Client(connectionString);
  await client.connect();
  try {
    const { rows } = await client.query("select to_regnamespace('shop') is not null as exists");
    if (!rows[0].exists) {
      await client.query(await readFile(join(import.meta.dirname, "schema.sql"), "utf8"));
      await client.query(
        `create role ${READER} login; grant usage on schema shop to ${READER}; grant select on all tables in schema shop to ${READER}`,
      );
    }
    await client.query(`alter role ${READER} password ${client.escapeLiteral(readerPassword)}`);
  } finally {
    await client.end();
  }
}
