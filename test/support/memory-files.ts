import { Buffer } from "node:buffer";
import type { FilePath, ListedFile } from "../../src/domain/files.ts";
import type { Files } from "../../src/domain/ports.ts";
import type { Call } from "./memory-table.ts";

interface StoredFile {
  readonly path: FilePath;
  readonly bytes: Buffer;
  /** Author of the write: a call, or the pieces of the file. */
  readonly writeId: symbol | string;
  readonly contentType: string;
  changedAt: Date;
}

/** Content of a blob account; several clients may have the same. */
export type StoredFiles = Map<string, StoredFile>;

/**
 * Files in memory.
 *
 * @param now the storage's own time, which may differ from that of its clients
 */
export function memoryFiles(
  stored: StoredFiles,
  now: () => Date,
  call: Call = async (_, effect) => effect(),
): Files {
  const pieces = new Map<string, Buffer>();
  return {
    stage: (path, piece, content) =>
      call("files.stage", () => void pieces.set(`${keyOf(path)}/${piece}`, Buffer.from(content))),
    assemble: (path, { pieces: names, madeOf, contentType }) =>
      call("files.assemble", () => {
        const before = stored.get(keyOf(path));
        if (before !== undefined) {
          return before.writeId === madeOf;
        }
        const parts = names.map((name) => pieces.get(`${keyOf(path)}/${name}`) as Buffer);
        const bytes = Buffer.concat(parts);
        const file = { path, bytes, writeId: madeOf, contentType, changedAt: now() };
        stored.set(keyOf(path), file);
        return true;
      }),
    write: async (path, content, contentType) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) {
        chunks.push(chunk);
      }
      const file = { path, bytes: Buffer.concat(chunks), writeId: Symbol(), contentType };
      await call("files.write", () => {
        const before = stored.get(keyOf(path));
        // a repeated commit meets what it committed itself
        if (before !== undefined && before.writeId !== file.writeId) {
          throw new Error(`Cannot store file "${path.name}": another file has that name`);
        }
        stored.set(keyOf(path), { ...file, changedAt: now() });
      });
    },
    label: (path) =>
      call("files.label", () => {
        const file = stored.get(keyOf(path));
        if (file !== undefined) {
          file.changedAt = now();
        }
      }),
    read: async (path, range) => {
      const file = await call("files.read", () => stored.get(keyOf(path)) ?? null);
      if (file === null) {
        return null;
      }
      const { from, to } = range ?? { from: 0, to: file.bytes.length };
      const content = chunk(file.bytes.subarray(from, Math.min(to, file.bytes.length)));
      return { bytes: file.bytes.length, content, contentType: file.contentType };
    },
    delete: (path) => call("files.delete", () => void stored.delete(keyOf(path))),
    list: ({ container, prefix }, { limit, after }) =>
      call("files.list", () => {
        const files = [...stored.values()]
          .filter(({ path }) => path.container === container && path.name.startsWith(prefix))
          .filter(({ path }) => after === null || path.name > after)
          .sort((a, b) => (a.path.name < b.path.name ? -1 : 1))
          .map(({ path, changedAt }): ListedFile => ({ path, changedAt }));
        const items = files.slice(0, limit);
        const next = files.length > limit ? (items.at(-1)?.path.name ?? null) : null;
        return { items, next };
      }),
    uri: (path) => `https://files.example/${keyOf(path)}`,
    ...LINKS,
  };
}

const LINKS: Pick<Files, "writeUrl" | "readUrl" | "readToken"> = {
  writeUrl: async (path) => `https://files.example/${keyOf(path)}?write`,
  readUrl: async (path) => `https://files.example/${keyOf(path)}?read`,
  readToken: async (container, expiresAt) => ({
    uri: `https://files.example/${container}`,
    sharedAccessSignature: "sig=x",
    expiresAt,
    signatureSha256: "x",
  }),
};

function keyOf({ container, name }: FilePath): string {
  return `${container}/${name}`;
}

async function* chunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
