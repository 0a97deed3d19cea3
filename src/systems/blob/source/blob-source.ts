import type { ContainerClient } from "@azure/storage-blob";
import { AppError, isAppError } from "../../../domain/errors.ts";
import type { Connections, ReadRequest, Source, SourceRead } from "../../../domain/source.ts";
import { shortDigest } from "../../../domain/values/digest.ts";
import type { Row } from "../../../formats/rows.ts";
import { blobService, isBlobConnection } from "../connection.ts";
import {
  type BlobPlace,
  formatBlobCursor,
  formatBlobPlace,
  parseBlobCursor,
  parseBlobPlace,
} from "./blob-cursor.ts";
import { hasChanged, shownFile, storageFailure } from "./blob-errors.ts";
import { hasDotSegment } from "./blob-name.ts";
import type { BlobDefinition } from "./definition.ts";
import { fileBytes } from "./file-bytes.ts";
import { fileRows } from "./file-rows.ts";
import { type BlobFile, inOrder, type Listing, listFiles, type WindowAt } from "./list-files.ts";

/**
 * Reads the rows of one file, or of all files below a prefix, in a container of a storage account. Memory holds one
 * range of one file at a time.
 *
 * | a file that                               | has this outcome                                                |
 * |---------------------------------------------|-----------------------------------------------------------------|
 * | is written while files are listed           | it is newer than the read's window; the next read returns it    |
 * | is overwritten before its turn              | its ETag does not match; the run is put off, and lists again     |
 * | is overwritten after its turn               | the next read returns all of it again                           |
 * | is deleted before its turn                  | as for a file that is overwritten before its turn               |
 * | cannot be read, or holds a row that cannot be read | the run fails; nothing is published                      |
 *
 * `list-files.ts` describes how changes are found. A read can stop after a file, and another read can continue with the
 * next.
 */
export function blobSource(definition: BlobDefinition, connections: Connections): Source {
  return { read: (request) => read(definition, connections, request) };
}

async function read(
  definition: BlobDefinition,
  connections: Connections,
  request: ReadRequest,
): Promise<SourceRead> {
  const { signal } = request;
  signal.throwIfAborted();
  const container = containerOf(definition, connections);
  const of = addressDigest(container, definition);
  const from = request.place == null ? null : parseBlobPlace(request.place, of);
  const plan = planned(definition, request, of);
  const windowAt = windowOf(definition, plan, from);
  const listing = await listFiles(container, definition, { windowAt, signal });
  const { window } = listing;
  let after: BlobFile | null = null;
  let hasEnded = false;

  async function* batches(): AsyncGenerator<readonly Row[], undefined> {
    for (const file of filesBehind(listing, from)) {
      after = null;
      yield* rowsOf(container, { definition, file, signal });
      after = file;
      // no row, but a read can stop here
      yield [];
    }
    hasEnded = true;
  }

  return {
    columns: definition.columns.map(({ name, type }) => ({ name, type })),
    mode: plan.mode,
    fullBecause: plan.fullBecause,
    batches: batches(),
    place: () => after && formatBlobPlace(of, { to: window.to, after }),
    nextCursor: () => {
      if (!hasEnded) {
        throw new Error("Cannot tell the next cursor: the rows have not been read to their end");
      }
      return formatBlobCursor(of, window.to);
    },
    window: () => ({ from: instantOf(window.from), to: instantOf(window.to) ?? "" }),
  };
}

function containerOf(definition: BlobDefinition, connections: Connections): ContainerClient {
  const connection = connections.get(definition.connection);
  if (!isBlobConnection(connection)) {
    throw new AppError(
      "source-invalid",
      `Cannot read files with connection "${definition.connection}": it is of kind "${connection.kind}"`,
    );
  }
  return blobService(connection).getContainerClient(definition.container);
}

/** Changes when the files are others. A changed definition has another cursor anyway. */
function addressDigest({ url }: ContainerClient, definition: BlobDefinition): string {
  const { blob, prefix, suffix } = definition;
  // without the signature, which is renewed
  const { origin, pathname } = new URL(url);
  return shortDigest([origin, pathname, blob, prefix, suffix]);
}

interface Plan {
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  /** End of the last read's window; null: everything is read. */
  readonly earlier: number | null;
}

function planned({ incremental }: BlobDefinition, request: ReadRequest, of: string): Plan {
  const full = (fullBecause: string | null): Plan => ({ mode: "full", fullBecause, earlier: null });
  if (incremental.by === "none" || request.mode === "full" || request.cursor === null) {
    return full(null);
  }
  const kept = parseBlobCursor(request.cursor, of);
  return "because" in kept
    ? full(kept.because)
    : { mode: "incremental", fullBecause: null, earlier: kept.to };
}

/** A clock that was set back does not move the window back. */
function windowOf(
  { incremental }: BlobDefinition,
  { earlier }: Plan,
  from: BlobPlace | null,
): WindowAt {
  if (from !== null) {
    return () => ({ from: earlier, to: from.to });
  }
  return incremental.by === "none"
    ? () => ({ from: null, to: null })
    : (clock) => ({
        from: earlier,
        to: Math.max(clock - incremental.settleMs, earlier ?? Number.NEGATIVE_INFINITY),
      });
}

function filesBehind({ files }: Listing, from: BlobPlace | null): readonly BlobFile[] {
  return from === null ? files : files.filter((file) => inOrder(file, from.after) > 0);
}

interface Reading {
  readonly definition: BlobDefinition;
  readonly file: BlobFile;
  readonly signal: AbortSignal;
}

async function* rowsOf(
  container: ContainerClient,
  { definition, file, signal }: Reading,
): AsyncGenerator<readonly Row[]> {
  const shown = shownFile(definition.container, file.name);
  if (hasDotSegment(file.name)) {
    throw new AppError("source-invalid", `Cannot read ${shown}: no address leads to its name`);
  }
  if (file.bytes === 0) {
    refuseEmpty(definition, shown);
    return;
  }
  try {
    const bytes = fileBytes(container.getBlobClient(file.name), file, signal);
    yield* fileRows(bytes, definition, shown);
  } catch (error) {
    signal.throwIfAborted();
    throw isAppError(error) ? error : readFailure(error, shown);
  }
}

function readFailure(error: unknown, shown: string): AppError {
  return hasChanged(error)
    ? new AppError(
        "source-unavailable",
        `Cannot read ${shown}: it was changed or deleted since it was listed`,
      )
    : storageFailure(error, `read ${shown}`);
}

function refuseEmpty({ whenEmpty }: BlobDefinition, shown: string): void {
  if (whenEmpty === "refuse") {
    throw new AppError(
      "source-invalid",
      `Cannot read ${shown}: it has no bytes; delete it, or let the definition say "whenEmpty": "skip"`,
    );
  }
}

function instantOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
