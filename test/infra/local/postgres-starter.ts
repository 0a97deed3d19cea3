import { startPostgres } from "../../../infra/local/postgres.ts";

/** A process that starts a server, says where, and waits for its end; run by a test that kills it. */
const { connectionString } = await startPostgres();
process.stdout.write(`${JSON.stringify({ connectionString })}\n`);
