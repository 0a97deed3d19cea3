import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { freePort } from "../listen.ts";
import { type PostgresServer, startPostgres } from "../postgres.ts";
import { startShopChanges } from "./changes.ts";

/** The demo's database: a real server with a small shop. */
export interface Shop {
  /**
   * Connection string of a role with all rights. It is known before the server runs, so that others need not wait for
   * it.
   */
  readonly connectionString: string;
  /** Connection string of the role for exports, which may only select. */
  readonly readerConnectionString: string;
  /** Fulfilled when the shop is ready. */
  readonly ready: Promise<unknown>;
  /** Keeps changing rows from now on; the shop must be ready. */
  beginChanges(): void;
  stop(): Promise<void>;
}

const OWNER = "shop_owner";
const READER = "shop_reader";

/** Starts the server, and creates the shop if it does not exist. */
export async function startShop(options: { dataDirectory?: string }): Promise<Shop> {
  const port = await freePort();
  const passwords: Readonly<Record<string, string>> = {
    [OWNER]: randomPassword(),
    [READER]: randomPassword(),
  };
  const connectionStringOf = (role: string): string =>
    `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/postgres`;
  const server = startPostgres({ ...options, port });
  const ready = server.then((running) => openShop(running, passwords));
  // users of the shop await this; until then its failure must not count as unhandled
  ready.catch(() => undefined);
  let changes: { stop(): Promise<void> } | null = null;
  return {
    connectionString: connectionStringOf(OWNER),
    readerConnectionString: connectionStringOf(READER),
    ready,
    beginChanges: () => {
      changes ??= startShopChanges({ connectionString: connectionStringOf(OWNER) });
    },
    stop: async () => {
      await changes?.stop();
      await ready.catch(() => undefined);
      await server.then(
        (running) => running.stop(),
        () => undefined,
      );
    },
  };
}

function randomPassword(): string {
  return randomBytes(24).toString("base64url");
}

async function openShop(
  server: PostgresServer,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  const client = new Client(server.connectionString);
  await client.connect();
  try {
    const { rows } = await client.query("select to_regnamespace('shop') is not null as exists");
    if (!rows[0].exists) {
      // one transaction, so that an interrupted start leaves no partial shop
      await client.query(`
        begin;
        ${await readFile(join(import.meta.dirname, "schema.sql"), "utf8")};
        create role ${OWNER} login superuser;
        create role ${READER} login;
        grant usage on schema shop to ${READER};
        grant select on all tables in schema shop to ${READER};
        commit`);
    }
    for (const [role, password] of Object.entries(passwords)) {
      await client.query(`alter role ${role} password ${client.escapeLiteral(password)}`);
    }
  } finally {
    await client.end();
  }
}
