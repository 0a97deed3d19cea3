import { randomBytes, randomUUID } from "node:crypto";
import type { Ids } from "../domain/ports.ts";

/** Ids from the system's random source. */
export const randomIds: Ids = {
  guid: () => randomUUID(),

  // own code, because node:crypto makes version 4 only
  timeOrderedGuid: (at) => {
    const bytes = randomBytes(16);
    bytes.writeUIntBE(at.getTime(), 0, 6);
    bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    const hex = bytes.toString("hex");
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join("-");
  },

  secret: () => randomBytes(16).toString("base64url"),
};
