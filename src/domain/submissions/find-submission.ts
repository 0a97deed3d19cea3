import { text } from "node:stream/consumers";
import { AppError } from "../errors.ts";
import type { ErrorFile } from "../imports/import-result.ts";
import { type ListedError, parseList } from "../imports/row-errors.ts";
import type { Ports } from "../ports.ts";
import type { Submission } from "./submission.ts";

/**
 * Finds a submission by any of its ids: the id given to the partner, an execution id, or the partner's own, even an
 * earlier one. An id is found until an operator cleans the submission up, even after its file was deleted.
 *
 * Does not check who may see it.
 *
 * @throws AppError `submission-not-found`
 */
export async function findSubmission(
  ports: Pick<Ports, "submissions">,
  id: string,
): Promise<Submission> {
  const submission = await ports.submissions.find(id);
  if (submission === null) {
    throw new AppError(
      "submission-not-found",
      `Cannot find submission "${id}": no file was given this id`,
    );
  }
  return submission;
}

/** The first errors of the last execution, in the order of their discovery; `submission.result` counts them all. */
export async function listExecutionErrors(
  ports: Pick<Ports, "files">,
  { result }: Pick<Submission, "result">,
): Promise<readonly ListedError[]> {
  const list = result?.errorList ?? null;
  const file = list === null ? null : await ports.files.read(list.path);
  return file === null ? [] : parseList(await text(file.content));
}

/**
 * The bad rows of one entity, in their original form, each with its reason. Null if no row is bad or the file was
 * deleted; otherwise clients would poll for it forever.
 */
export function errorFileOf(
  submission: Pick<Submission, "result" | "fileDeletedAt">,
  entity: string,
): ErrorFile | null {
  return submission.fileDeletedAt ? null : namedErrorFile(submission, entity);
}

function namedErrorFile({ result }: Pick<Submission, "result">, entity: string): ErrorFile | null {
  const wanted = entity.trim().toLowerCase();
  const found = result?.entities.find(({ name }) => name.toLowerCase() === wanted);
  return found?.errorFile ?? null;
}

/** Name of an error file: names of entities may hold characters that file names may not. */
export function errorFileName(submission: Submission, file: ErrorFile): string {
  return `${submission.id}-errors.${file.extension}`;
}

/**
 * Opens the error file of one entity.
 *
 * @throws AppError `file-not-found` when there is none; `file-deleted` when it is no longer kept
 */
export async function openErrorFileOf(
  ports: Pick<Ports, "files">,
  submission: Submission,
  entity: string,
): Promise<{ file: ErrorFile; bytes: number; content: AsyncIterable<Uint8Array> }> {
  const file = namedErrorFile(submission, entity);
  if (file === null) {
    throw new AppError(
      "file-not-found",
      `Cannot open the error file of "${entity}" in submission "${submission.id}": there is none`,
    );
  }
  const stored = await ports.files.read(file.path);
  if (stored === null) {
    throw new AppError(
      "file-deleted",
      `Cannot open the error file of "${entity}" in submission "${submission.id}": it is no longer kept`,
    );
  }
  return { file, ...stored };
}

const URL_MS = 60 * 60_000;

/** An address with which anybody can fetch the error file for an hour; null when there is none. */
export async function errorFileUrl(
  ports: Pick<Ports, "files" | "clock">,
  submission: Submission,
  entity: string,
): Promise<string | null> {
  const file = errorFileOf(submission, entity);
  if (file === null) {
    return null;
  }
  const expiresAt = new Date(ports.clock.now().getTime() + URL_MS);
  const fileName = errorFileName(submission, file);
  return ports.files.readUrl(file.path, { expiresAt, fileName, contentType: file.contentType });
}
