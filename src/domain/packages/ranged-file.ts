/** A file of which any part can be read, such as a blob. Archives are read from their end, and one entry at a time. */
export interface RangedFile {
  readonly bytes: number;
  /**
   * Reads a part.
   * @param from first byte
   * @param to position after the last byte; at most `bytes`
   * @returns exactly these bytes
   */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** Size of one request. Memory holds one; each costs a round trip. */
const RANGE_BYTES = 4 * 2 ** 20;

/** Reads a part of a file in order, as fast as it is taken. */
export async function* rangeOf(
  file: RangedFile,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += RANGE_BYTES) {
    yield await readExactly(file, at, Math.min(at + RANGE_BYTES, to));
  }
}

/** @throws Error when the file has changed since its size was asked for */
export async function readExactly(file: RangedFile, from: number, to: number): Promise<Uint8Array> {
  const bytes = await file.read(from, to);
  if (bytes.length !== to - from) {
    throw new Error(`Cannot read bytes ${from} to ${to}: ${bytes.length} bytes came`);
  }
  return bytes;
}
