import { buffer } from "node:stream/consumers";
import { fromBufferPromise } from "yauzl";

/** Names and texts of an archive's files, in their order. A byte order mark decides about UTF-16. */
export async function entriesOf(archive: Buffer): Promise<Map<string, string>> {
  const file = await fromBufferPromise(archive, { lazyEntries: true });
  const entries = new Map<string, string>();
  for await (const entry of file.eachEntry()) {
    const bytes = await buffer(await file.openReadStreamPromise(entry));
    const isUtf16 = bytes.subarray(0, 2).toString("hex") === "fffe";
    entries.set(entry.fileName, new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes));
  }
  return entries;
}
