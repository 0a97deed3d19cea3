import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { BlobServiceClient } from "@azure/storage-blob";
import type { FilePath } from "../../src/domain/files.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";

/** The records of jsonl.gz files, read one after the other: later ones overwrite earlier ones with the same id. */
export async function exportedRows<Row extends { id: unknown }>(
  connectionString: string,
  paths: readonly FilePath[],
): Promise<Map<Row["id"], Row>> {
  const files = blobFiles(BlobServiceClient.fromConnectionString(connectionString));
  const rows = new Map<Row["id"], Row>();
  for (const path of paths) {
    const file = await files.read(path);
    if (file === null) {
      throw new Error(`there is no file "${path.name}"`);
    }
    const lines = gunzipSync(await buffer(file.content))
      .toString()
      .split("\n");
    for (const line of lines.filter(Boolean)) {
      const row = JSON.parse(line) as Row;
      rows.set(row.id, row);
    }
  }
  return rows;
}
