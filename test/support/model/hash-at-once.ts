import { hash } from "node:crypto";

/**
 * Replaces hash-wasm, whose code is compiled in real time, while a simulation would continue without it. This makes the
 * same digests at once.
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
