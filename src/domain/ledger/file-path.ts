import type { FilePath } from "../files.ts";
import { containerOf } from "../ids.ts";

/**
 * Where a new file goes: `<container>/<fileType>/<yyyy-mm-dd>/<correlationId>-<fileId>.<ext>[.gz]`.
 *
 * One container a file type, because a container is the narrowest thing above one blob that a user-delegation SAS can
 * be limited to. Names are made of ids and the type only, never of what a user or partner wrote.
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
