import { createHash } from "node:crypto";
import { isGzip } from "../../formats/decompression.ts";
import { encodingAtStart } from "../../formats/text/text-encoding.ts";
import { guidFrom } from "../deliveries/delivery-id.ts";
import type { FilePath } from "../files.ts";
import { announceEntries } from "../ledger/announce-entries.ts";
import { filePath } from "../ledger/file-path.ts";
import type { Ports } from "../ports.ts";
import type { Target, WriteRequest } from "../target.ts";
import type { Attempt, ImportPorts } from "./attempt.ts";
import { fileNames } from "./error-file.ts";
import type { BlobTarget, PublicationTarget } from "./import-definition.ts";
import { isCheck, NO_TARGET } from "./import-options.ts";
import type { Part } from "./parts.ts";
import type { SubmissionFacts } from "./plan-rows.ts";

/**
 * Target of a part: it takes the rows, or passes on the part itself after its rows were read. A check uses no target:
 * referenced rows are usually in the same package, and not in the target before the import.
 */
export function openPartTarget(attempt: Attempt, part: Part): Target {
  const { target } = part.entity;
  if ("connection" in target) {
    return isCheck(attempt.submission()) ? NO_TARGET : attempt.ports.openTarget(target);
  }
  switch (target.kind) {
    case "blob":
      return wholeFile(() => handOn(attempt, part, target));
    case "publication":
      return wholeFile((rows) => publish(attempt, part, { ...target, rows }));
  }
}

/** A target that counts rows, and at the end takes the whole file. */
function wholeFile(take: (rows: number) => Promise<void>): Target {
  return {
    open: async ({ validateOnly }: Pick<WriteRequest, "validateOnly">) => {
      let rows = 0;
      return {
        write: async (batch) => {
          rows += batch.length;
          return [];
        },
        commit: async () => {
          if (!validateOnly) {
            await take(rows);
          }
        },
        close: async () => undefined,
      };
    },
  };
}

/** Passes the file on. Its name is made from the execution, so that a repeated run finds it done. */
async function handOn(
  attempt: Attempt,
  part: Part,
  { container, prefix }: BlobTarget,
): Promise<void> {
  const submission = attempt.submission();
  const { suffix, contentType } = await packing(part);
  const day = submission.receivedAt.toISOString().slice(0, 10);
  const name = `${prefix}${day}/${fileIdOf(part, submission)}.${fileNames(part.format).extension}${suffix}`;
  await writeOnce(attempt.ports, { path: { container, name }, part, contentType }); // C7
}

/** Publishes the file. The ledger's entry publishes it; there is one for each execution and entity. */
async function publish(
  { ports, submission }: Attempt,
  part: Part,
  { fileType, mode, rows }: PublicationTarget & { rows: number },
): Promise<void> {
  const { executionId: correlationId, receivedAt } = submission();
  const fileId = fileIdOf(part, submission());
  const { suffix, contentType, contentEncoding } = await packing(part);
  const path = filePath({
    ...{ fileType, correlationId, fileId },
    at: receivedAt,
    extension: fileNames(part.format).extension + suffix,
  });
  await writeOnce(ports, { path, part, contentType }); // C7
  await ports.ledger.append({
    ...{ fileType, fileId, correlationId, originId: fileId },
    ...{ path, uri: ports.files.uri(path), contentType, contentEncoding },
    ...(await measured(await part.raw())),
    ...{ entity: part.entity.name, records: rows, mode, fullBecause: null },
    window: { from: null, to: null },
    publishedAt: ports.clock.now(),
    nextCursor: null,
  });
  await announceNowOrLater(ports, fileType);
}

/** Announces the entry: an entry in the ledger is published, and a tick announces it if this process does not. */
async function announceNowOrLater(ports: ImportPorts, fileType: string): Promise<void> {
  try {
    await announceEntries(ports, { fileType });
  } catch (error) {
    ports.log("file-not-announced", { fileType, failure: String(error) });
  }
}

/** One id for each execution and entity. */
function fileIdOf(part: Part, { executionId }: SubmissionFacts): string {
  return guidFrom(`${executionId}|${part.index}`);
}

/**
 * Writes a file once. A file is visible only when it is complete, so an existing one was written by an earlier attempt.
 */
async function writeOnce(
  ports: Pick<Ports, "files">,
  { path, part, contentType }: { path: FilePath; part: Part; contentType: string },
): Promise<void> {
  if ((await ports.files.read(path)) === null) {
    await ports.files.write(path, await part.raw(), contentType);
  }
}

/** Compression and media type of the file, by known facts and by its first bytes. */
async function packing(
  part: Part,
): Promise<{ suffix: string; contentType: string; contentEncoding: "gzip" | null }> {
  const { contentType } = fileNames(part.format);
  const start = await firstChunk(part);
  const isPacked = isGzip(start);
  const charset = charsetOf(part) ?? (isPacked ? "utf-8" : encodingAtStart(start));
  return {
    suffix: isPacked ? ".gz" : "",
    contentType: charset === "utf-8" ? contentType : `${contentType}; charset=${charset}`,
    contentEncoding: isPacked ? "gzip" : null,
  };
}

async function firstChunk(part: Part): Promise<Uint8Array> {
  for await (const chunk of await part.raw()) {
    return chunk;
  }
  return new Uint8Array();
}

/** Null when the first bytes show it. */
function charsetOf({ charset, format }: Part): string | null {
  const { encoding } = format;
  return charset ?? (encoding === "auto" ? null : encoding);
}

async function measured(
  content: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
