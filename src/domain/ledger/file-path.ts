import type { FilePath } from "../files.ts";
import { containerOf } from "../ids.ts";

/**
 * Path of a new file: `<container>/<fileType>/<yyyy-mm-dd>/<correlationId>-<fileId>.<ext>[.gz]`.
 *
 * One container per file type, because a user-delegation SAS covers either one blob or one container. Names consist
 * only of ids and the type, never of text from a user or partner.
 *
 * @param input.at the day of the path, in UTC
 */
export function filePath(input: {
  fileType: string;
  at: Date;
  correlationId: string;
  fileId: string;
  /** With the compression's suffix, without a leading dot: `jsonl.gz`. */
  extension: string;
}): FilePath {
  const day = input.at.toISOString().slice(0, 10);
  return {
    container: containerOf(input.fileType),
    name: `${input.fileType}/${day}/${input.correlationId}-${input.fileId}.${input.extension}`,
  };
}
