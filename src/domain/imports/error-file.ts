import type { FailedRow } from "../../formats/format.ts";
import { type RowImportFormat, readableFormat } from "../../formats/index.ts";
import type { FilePath } from "../files.ts";
import type { Ports } from "../ports.ts";
import type { ErrorFile } from "./import-result.ts";
import { type ItemPipe, itemPipe } from "./item-pipe.ts";
import { partnerReason } from "./row-errors.ts";
import type { BadRow } from "./write-rows.ts";

/** The bad rows of one entity, written while the others are imported. */
export interface ErrorFileWriter {
  add(rows: readonly BadRow[]): Promise<void>;
  /** @returns null without bad rows */
  end(): Promise<ErrorFile | null>;
  /** Gives up a file that has not ended. */
  close(): Promise<void>;
}

/** Names of files of a format. */
export function fileNames({ kind }: Pick<RowImportFormat, "kind">): {
  contentType: string;
  extension: string;
} {
  const { contentType, extension } = readableFormat(kind);
  return { contentType, extension };
}

/** Names, with the charset of the error file. */
function errorFileNames(format: RowImportFormat): { contentType: string; extension: string } {
  const { contentType, extension } = fileNames(format);
  const charset = readableFormat(format.kind).failedRowsCharset(format);
  return {
    contentType: charset === null ? contentType : `${contentType}; charset=${charset}`,
    extension,
  };
}

interface Writing {
  readonly pipe: ItemPipe<readonly BadRow[]>;
  readonly upload: Promise<void>;
}

/**
 * Opens the error file of one entity. Nothing is written before the first bad row. Then bad rows go to storage as fast
 * as they are found. The file becomes visible when it has ended.
 */
export function openErrorFile(
  ports: Pick<Ports, "files">,
  file: { path: FilePath; format: RowImportFormat; columns: readonly string[] },
): ErrorFileWriter {
  const { path, format, columns } = file;
  const names = errorFileNames(format);
  let rows = 0;
  let writing: Writing | null = null;

  const begin = (): Writing => {
    const pipe = itemPipe<readonly BadRow[]>();
    const content = readableFormat(format.kind).failedRows(format, columns, failedRows(pipe.items));
    const upload = ports.files.write(path, content, names.contentType);
    // a caller that waits for room gets the failure there, one that waits for the end gets it then
    upload.catch((error: unknown) => pipe.fail(error as Error));
    return { pipe, upload };
  };

  return {
    add: async (bad) => {
      writing ??= begin();
      rows += bad.length;
      await putOrFail(writing, bad);
    },
    end: async () => {
      if (writing === null) {
        return null;
      }
      writing.pipe.end();
      await writing.upload;
      return { path, ...names, rows };
    },
    close: async () => {
      writing?.pipe.fail(new Error("the error file was given up"));
      await writing?.upload.catch(() => undefined);
    },
  };
}

/** If the pipe fails because the upload ended, the upload's own error says more. */
async function putOrFail({ pipe, upload }: Writing, rows: readonly BadRow[]): Promise<void> {
  try {
    await pipe.put(rows);
  } catch (error) {
    await upload;
    throw error;
  }
}

async function* failedRows(batches: AsyncIterable<readonly BadRow[]>): AsyncGenerator<FailedRow> {
  for await (const batch of batches) {
    for (const { number, values, failures } of batch) {
      yield { row: number, values, reason: failures.map(sentence).join("; ") };
    }
  }
}

/** Without the value, which stands in the row beside it. The file goes back to the partner. */
function sentence(failure: BadRow["failures"][number]): string {
  const reason = partnerReason(failure);
  return failure.field === null ? reason : `${failure.field} ${reason}`;
}
