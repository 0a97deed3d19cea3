import { createHash } from "node:crypto";
import { createSHA256, type IHasher } from "hash-wasm";
import type { FilePath } from "../files.ts";
import type { Files } from "../ports.ts";
import { CannotGoOn } from "../source.ts";

/**
 * A file that several attempts write in pieces, one after the other. It becomes visible when it is assembled.
 *
 * A piece is named by the number of its attempt and its own number there. So an attempt that is thought dead overwrites
 * no piece of another. Only saved pieces count: storage deletes all others after a week.
 */
export interface StagedFile {
  /** Takes bytes as fast as storage does: at most two pieces are under way. */
  write(bytes: Uint8Array): Promise<void>;
  /** Stages all bytes so far. @returns the state that another attempt needs to continue */
  save(): Promise<FileProgress>;
  /** Makes the file visible. @throws PathTaken when another attempt has assembled it from other pieces */
  assemble(contentType: string): Promise<{ readonly bytes: number; readonly sha256: string }>;
}

/** How far a file is written. */
export interface FileProgress {
  /** Its pieces in order: a number of pieces for each attempt. */
  readonly pieces: readonly { readonly attempt: number; readonly count: number }[];
  readonly bytes: number;
  /** State of the SHA-256 over these bytes, in base64. */
  readonly hash: string;
}

/** Another attempt has made the file from other pieces, so this attempt's facts about it would be wrong. */
export class PathTaken extends Error {}

/** With 50,000 pieces the largest file has 390 GiB. */
const PIECE_BYTES = 8 * 1024 * 1024;
const PIECES_UNDER_WAY = 2;

/**
 * @param options.attempt number of the attempt that writes
 * @param options.progress state that an earlier attempt saved; null: the file is new
 */
export async function openStagedFile(
  files: Files,
  path: FilePath,
  options: { attempt: number; progress: FileProgress | null },
): Promise<StagedFile> {
  const { attempt, progress } = options;
  const hash = await createSHA256();
  if (progress !== null) {
    goOnHashing(hash, progress.hash);
  }
  const earlier = progress?.pieces ?? [];
  let bytes = progress?.bytes ?? 0;
  let count = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const underWay: Promise<void>[] = [];

  const stage = async (): Promise<void> => {
    const content = Buffer.concat(held);
    [held, heldBytes] = [[], 0];
    const piece = pieceName(attempt, count);
    count += 1;
    const staged = files.stage(path, piece, content);
    // the next waiter sees the failure
    staged.catch(() => undefined);
    underWay.push(staged);
    if (underWay.length >= PIECES_UNDER_WAY) {
      await underWay.shift();
    }
  };
  const allStaged = async (): Promise<void> => {
    if (heldBytes > 0) {
      await stage();
    }
    await Promise.all(underWay.splice(0));
  };
  const pieces = () => [...earlier, ...(count === 0 ? [] : [{ attempt, count }])];

  return {
    write: async (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes >= PIECE_BYTES) {
        await stage();
      }
    },
    save: async () => {
      await allStaged();
      return { pieces: pieces(), bytes, hash: Buffer.from(hash.save()).toString("base64") };
    },
    assemble: async (contentType) => {
      if (pieces().length === 0) {
        // a small file is one request
        await files.write(path, chunks(held), contentType); // C17
        return { bytes, sha256: hash.digest("hex") };
      }
      await allStaged();
      const names = pieces().flatMap((range) =>
        Array.from({ length: range.count }, (_, index) => pieceName(range.attempt, index)),
      );
      const madeOf = createHash("sha256").update(names.join()).digest("hex");
      // C17
      if (!(await files.assemble(path, { pieces: names, madeOf, contentType }))) {
        throw new PathTaken(`Cannot make file "${path.name}": another attempt has made it`);
      }
      return { bytes, sha256: hash.digest("hex") };
    },
  };
}

/** @throws CannotGoOn when another version of the library saved the state */
function goOnHashing(hash: IHasher, state: string): void {
  try {
    hash.load(Buffer.from(state, "base64"));
  } catch (error) {
    throw new CannotGoOn("Cannot go on with the file: its hash was begun otherwise", {
      cause: error,
    });
  }
}

async function* chunks(bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

function pieceName(attempt: number, index: number): string {
  return `${String(attempt).padStart(6, "0")}-${String(index).padStart(6, "0")}`;
}
