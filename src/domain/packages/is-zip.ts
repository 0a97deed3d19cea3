const LOCAL_HEADER = [0x50, 0x4b, 0x03, 0x04];
/** First bytes of an archive without entries. */
const END_RECORD = [0x50, 0x4b, 0x05, 0x06];

/** Whether a file that starts with these bytes, four or more, is a zip archive. */
export function isZip(firstBytes: Uint8Array): boolean {
  return [LOCAL_HEADER, END_RECORD].some((magic) =>
    magic.every((byte, index) => firstBytes[index] === byte),
  );
}
