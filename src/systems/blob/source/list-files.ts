import type { ContainerClient } from "@azure/storage-blob";
import { AppError } from "../../../domain/errors.ts";
import { shownFile, storageFailure } from "./blob-errors.ts";
import type { BlobDefinition } from "./definition.ts";

/** A file at the time of the listing. */
export interface BlobFile {
  readonly name: string;
  readonly etag: string;
  /** In milliseconds; the storage gives whole seconds. */
  readonly changedAt: number;
  readonly bytes: number;
}

/**
 * Window of the storage's time: files changed after `from`, up to `to`. The end lies `settleMs` before the storage's
 * clock at the start of the listing. So every file of the window exists by then, in whatever order the listing comes. A
 * file that is written during the listing is newer than the window.
 */
export interface Window {
  /** Null: from the beginning. */
  readonly from: number | null;
  /** Null: without an end, where a definition does not ask for changes. */
  readonly to: number | null;
}

export interface Listing {
  /** Ordered by the time of their change, then by name. */
  readonly files: readonly BlobFile[];
  readonly window: Window;
}

/** @param clock the storage's clock, in milliseconds */
export type WindowAt = (clock: number) => Window;

/** @throws AppError `source-invalid` for a missing file or container, `source-unavailable`; the signal's reason */
export async function listFiles(
  container: ContainerClient,
  definition: BlobDefinition,
  { windowAt, signal }: { windowAt: WindowAt; signal: AbortSignal },
): Promise<Listing> {
  const name = definition.container;
  const what =
    definition.blob === undefined
      ? `list container "${name}"`
      : `read ${shownFile(name, definition.blob)}`;
  const files: BlobFile[] = [];
  let window: Window | null = null;
  try {
    for await (const { clock, items } of found(container, definition, signal)) {
      window ??= windowAt(clockOf(clock, what));
      files.push(...within(items, window));
      if (files.length > definition.maxFiles) {
        throw new AppError(
          "source-invalid",
          `Cannot ${what}: there are more than ${definition.maxFiles} files to read; name a longer prefix, or raise maxFiles`,
        );
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AppError ? error : storageFailure(error, what);
  }
  return { files: files.sort(inOrder), window: window ?? windowAt(clockOf(undefined, what)) };
}

interface FoundFiles {
  readonly clock: Date | undefined;
  readonly items: readonly BlobFile[];
}

async function* found(
  container: ContainerClient,
  { blob, prefix = "", suffix = "" }: BlobDefinition,
  abortSignal: AbortSignal,
): AsyncGenerator<FoundFiles> {
  if (blob !== undefined) {
    const { date, etag, lastModified, contentLength } = await container
      .getBlobClient(blob)
      .getProperties({ abortSignal });
    yield { clock: date, items: [fileOf(blob, { etag, lastModified, contentLength })] };
    return;
  }
  // metadata marks folders: of accounts with a hierarchical namespace, and those that tools make
  const pages = container.listBlobsFlat({ prefix, abortSignal, includeMetadata: true }).byPage();
  for await (const { date, segment } of pages) {
    const items = segment.blobItems
      .filter(({ name, metadata }) => name.endsWith(suffix) && metadata?.hdi_isfolder !== "true")
      .map(({ name, properties }) => fileOf(name, properties));
    yield { clock: date, items };
  }
}

function fileOf(
  name: string,
  facts: {
    readonly etag?: string | undefined;
    readonly lastModified?: Date | undefined;
    readonly contentLength?: number | undefined;
  },
): BlobFile {
  const { etag = "*", lastModified = new Date(0), contentLength = 0 } = facts;
  return { name, etag, changedAt: lastModified.getTime(), bytes: contentLength };
}

function clockOf(clock: Date | undefined, what: string): number {
  if (clock === undefined) {
    throw new AppError("source-unavailable", `Cannot ${what}: the storage does not give its time`);
  }
  return clock.getTime();
}

function within(files: readonly BlobFile[], { from, to }: Window): BlobFile[] {
  return files.filter(
    ({ changedAt }) => (from === null || changedAt > from) && (to === null || changedAt <= to),
  );
}

/** By code units, as places compare names. */
export function inOrder(
  a: Pick<BlobFile, "changedAt" | "name">,
  b: Pick<BlobFile, "changedAt" | "name">,
): number {
  return a.changedAt - b.changedAt || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
