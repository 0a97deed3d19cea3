import { startPostgres } from "./postgres.ts";

/** The demo's database: a real server with a small shop. */
export interface Shop {
  /** The owner's. */
  readonly connectionString: string;
  /** Of the role that exports read with. */
  readonly readerConnectionString: string;
  /** Keeps changing rows from now on. */
  beginChanges(): void;
  stop(): Promise<void>;
}

export async function startShop(options: { dataDirectory?: string }): Promise<Shop> {
  const server = await startPostgres(options);
  return {
    connectionString: server.connectionString,
    readerConnectionString: server.connectionString,
    beginChanges: () => undefined,
    stop: () => server.stop(),
  };
}
