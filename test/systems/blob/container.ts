import { randomBytes } from "node:crypto";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { Source } from "../../../src/domain/source.ts";
import { blobSource } from "../../../src/systems/blob/source/blob-source.ts";
import { BlobDefinition } from "../../../src/systems/blob/source/definition.ts";
import { connectionsOf } from "../connections-of.ts";

/** A container of its own, with sources that read it. */
export interface Container {
  readonly client: ContainerClient;
  readonly name: string;
  put(
    name: string,
    content: string | Uint8Array,
    options?: Parameters<ReturnType<ContainerClient["getBlockBlobClient"]>["upload"]>[2],
  ): Promise<void>;
  remove(name: string): Promise<void>;
  source(definition?: object, connectionString?: string): Source;
}

export async function makeContainer(connectionString: string): Promise<Container> {
  const name = `c${randomBytes(8).toString("hex")}`;
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(name);
  await client.create();
  return {
    client,
    name,
    put: async (blob, content, options) => {
      const bytes = Buffer.from(content as Uint8Array);
      await client.getBlockBlobClient(blob).upload(bytes, bytes.length, options);
    },
    remove: async (blob) => {
      await client.deleteBlob(blob);
    },
    source: (definition = {}, through = connectionString) =>
      blobSource(
        aBlobDefinition({ container: name, ...definition }),
        connectionsOf({ kind: "blob", connectionString: through }),
      ),
  };
}

export function aBlobDefinition(members: object = {}): BlobDefinition {
  return BlobDefinition.parse({
    kind: "blob",
    connection: "files",
    container: "in-box",
    ...("blob" in members ? {} : { prefix: "" }),
    format: { kind: "csv" },
    columns: [{ name: "id", type: "integer" }],
    incremental: { by: "new-files" },
    ...members,
  });
}
