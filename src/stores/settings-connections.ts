import { AppError } from "../domain/errors.ts";
import type { Connection, Connections } from "../domain/source.ts";

/** A connection from the app's settings, which may be wrong. */
type ConnectionSetting = Connection | { readonly kind: "unusable"; readonly reason: string };

/** Connections from the app's settings. */
export function settingsConnections(settings: ReadonlyMap<string, ConnectionSetting>): Connections {
  return {
    get: (name) => {
      const connection = settings.get(name);
      if (connection === undefined) {
        const names = [...settings.keys()].map((known) => `"${known}"`).join(", ") || "none";
        throw new AppError(
          "connection-unknown",
          `Cannot use connection "${name}": the app's settings have ${names}; add the setting CONNECTION_${name.toUpperCase().replaceAll("-", "_")}`,
        );
      }
      if ("reason" in connection) {
        throw new AppError(
          "connection-invalid",
          `Cannot use connection "${name}": ${connection.reason}`,
        );
      }
      return connection;
    },
  };
}
