import type { Connection } from "../../domain/source.ts";
import type { ConnectionReader } from "../system.ts";

export interface PostgresConnection extends Connection {
  readonly kind: "postgres";
  readonly connectionString: string;
}

/** Only {@link postgresConnection} makes connections of this kind. */
export function isPostgresConnection(connection: Connection): connection is PostgresConnection {
  return connection.kind === "postgres";
}

export const postgresConnection: ConnectionReader = {
  looksLike: "a URL such as postgres://user:password@host/database",
  read: (setting): PostgresConnection | null =>
    /^postgres(?:ql)?:\/\//.test(setting) && URL.canParse(setting)
      ? { kind: "postgres", connectionString: setting }
      : null,
};
