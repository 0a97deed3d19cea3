import type { RangedFile } from "../../src/domain/packages/ranged-file.ts";

/** Bytes, or the same bytes repeated, which take the memory of one copy. */
export type FilePart = Buffer | { readonly repeat: Buffer; readonly times: number };

/** A file of any size in little memory. */
export function virtualFile(parts: readonly FilePart[]): RangedFile {
  const bytes = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  return {
    bytes,
    read: async (from, to) => {
      const chunks: Buffer[] = [];
      let start = 0;
      for (const part of parts) {
        const end = start + lengthOf(part);
        if (end > from && start < to) {
          chunks.push(slice(part, Math.max(from - start, 0), Math.min(to, end) - start));
        }
        start = end;
      }
      return Buffer.concat(chunks);
    },
  };
}

export function lengthOf(part: FilePart): number {
  return "repeat" in part ? part.repeat.length * part.times : part.length;
}

function slice(part: FilePart, from: number, to: number): Buffer {
  if (!("repeat" in part)) {
    return part.subarray(from, to);
  }
  const offset = from % part.repeat.length;
  const blocks = Math.ceil((offset + to - from) / part.repeat.length);
  return Buffer.concat(Array<Buffer>(blocks).fill(part.repeat)).subarray(
    offset,
    offset + to - from,
  );
}
