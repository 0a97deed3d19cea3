type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** @returns all bytes at once; null when there are more */
export async function bytesUpTo(maxBytes: number, bytes: Bytes): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Passes bytes on as they come. @throws what `refusal` makes, out of the iteration, as soon as there are more */
export async function* limitedBytes(
  maxBytes: number,
  bytes: Bytes,
  refusal: (maxBytes: number) => Error,
): AsyncGenerator<Uint8Array, undefined> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw refusal(maxBytes);
    }
    yield chunk;
  }
}
