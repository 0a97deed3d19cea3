import { openedBy, type System } from "../system.ts";
import { postgresConnection } from "./connection.ts";
import { PostgresDefinition } from "./source/definition.ts";
import { postgresSource } from "./source/postgres-source.ts";
import { closeReadPools } from "./source/read-session.ts";
import { PostgresTargetDefinition } from "./target/definition.ts";
import { postgresTarget } from "./target/postgres-target.ts";
import { closeWritePools } from "./target/write-session.ts";

export const postgres: System = {
  kind: "postgres",
  connection: postgresConnection,
  source: openedBy(PostgresDefinition, postgresSource),
  target: openedBy(PostgresTargetDefinition, postgresTarget),
  close: async () => {
    await closeReadPools();
    await closeWritePools();
  },
};
