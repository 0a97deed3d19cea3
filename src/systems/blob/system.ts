import { openedBy, type System } from "../system.ts";
import { blobConnection } from "./connection.ts";
import { blobSource } from "./source/blob-source.ts";
import { BlobDefinition } from "./source/definition.ts";

export const blob: System = {
  kind: "blob",
  connection: blobConnection,
  source: openedBy(BlobDefinition, blobSource),
  close: async () => undefined,
};
