import { type Attempt, beginAttempt, type ImportPorts } from "../../src/domain/imports/attempt.ts";
import type { ImportDefinition } from "../../src/domain/imports/import-definition.ts";
import type { Submission } from "../../src/domain/submissions/submission.ts";
import type { Submissions } from "../../src/domain/submissions/submissions.ts";
import { randomIds } from "../../src/stores/random-ids.ts";

/** The only attempt at a submission; the test has to stop it. */
export async function anAttempt(
  submission: Submission,
  definition: ImportDefinition,
  ports: Pick<ImportPorts, "files"> & Partial<ImportPorts>,
): Promise<Attempt> {
  const attempt = await beginAttempt(
    {
      ids: randomIds,
      clock: { now: () => new Date() },
      log: () => undefined,
      submissions: { replace: async () => true } as Pick<Submissions, "replace"> as Submissions,
      ...ports,
    } as ImportPorts,
    { submission, definition },
    new AbortController().signal,
  );
  if (attempt === null) {
    throw new Error("somebody is at the submission");
  }
  return attempt;
}
