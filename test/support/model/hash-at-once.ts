import { hash } from "node:crypto";

/**
 * In the place of hash-wasm: its code is made ready by the machine in its own time, during which a simulation would go on
 * without it. The same digests, at once.
 */
export async function createSHA256() {
  let chunks: Uint8Array[] = [];
  const hasher = {
    init: () => {
      chunks = [];
      return hasher;
    },
    update: (chunk: Uint8Array) => {
      chunks.push(Buffer.from(chunk));
      return hasher;
    },
    digest: () => hash("sha256", Buffer.concat(chunks), "hex"),
    save: () => Buffer.concat(chunks),
    load: (state: Uint8Array) => {
      chunks = [Buffer.from(state)];
      return hasher;
    },
  };
  return hasher;
}
