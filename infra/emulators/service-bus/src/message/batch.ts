import { readDescriptor, SECTION } from "./message.ts";
import { type Cursor, readValue, skipValue } from "./value-reader.ts";

/** The message format of a batch: each data section holds one encoded message. */
export const BATCH_FORMAT = 0x80_01_37_00;

/** Takes the encoded messages out of a batch. @throws BrokerError `malformed-message` */
export function splitBatch(bytes: Buffer): Buffer[] {
  const cursor: Cursor = { buffer: bytes, offset: 0 };
  const entries: Buffer[] = [];
  while (cursor.offset < bytes.length) {
    const code = readDescriptor(cursor);
    if (code === SECTION.data) {
      const entry = readValue(cursor);
      if (entry.type === "binary") {
        entries.push(entry.value);
      }
    } else {
      skipValue(cursor);
    }
  }
  return entries;
}
