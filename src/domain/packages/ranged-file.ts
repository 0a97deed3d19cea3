/** A file of which any part can be read, such as a blob: archives are read from their end, and one entry at a time. */
export interface RangedFile {
  readonly bytes: number;
  /**
   * Reads a part.
   * @param from first byte
   * @param to byte behind the last one; at most `bytes`
   * @returns exactly these bytes
   */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** What is in memory of a part that is read in order; each costs a round trip. */
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

/** @throws Error when the file is not what it was when its size was asked for */
export async function readExactly(file: RangedFile, from: number, to: number): Promise<Uint8Array> {
  const bytes = await file.read(from, to);
  if (bytes.length !== to - from) {
    throw new Error(`Cannot read bytes ${from} to ${to}: ${bytes.length} bytes came`);
  }
  return bytes;
}
