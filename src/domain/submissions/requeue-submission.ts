import { AppError } from "../errors.ts";
import { isHeld } from "../imports/retry-policy.ts";
import { sendImportNowOrLater } from "../imports/send-owed-imports.ts";
import type { Ports } from "../ports.ts";
import { findSubmission } from "./find-submission.ts";
import { isOwed, resent, type Submission, toRunAgain } from "./submission.ts";

type RequeuePorts = Pick<Ports, "submissions" | "files" | "runQueue" | "clock" | "ids" | "log">;

/**
 * Runs the file of a failed submission again, by the import's present definition.
 *
 * The new run has a new execution id; the old ones still lead to the submission. Rows that an earlier execution stored
 * are written again. That is harmless if they have a key, and doubles rows that are only added.
 *
 * @returns the submission as it is now
 * @throws AppError `submission-not-found`, `submission-not-failed`; `file-deleted` when its file is no longer kept
 */
export async function requeueSubmission(ports: RequeuePorts, id: string): Promise<Submission> {
  for (;;) {
    const submission = await findSubmission(ports, id);
    const now = ports.clock.now();
    const again = toRunAgain(submission, { executionId: ports.ids.timeOrderedGuid(now), now });
    await requireStoredFile(ports, submission);
    if (await ports.submissions.replace(submission, again)) {
      const { connectorId, executionId } = again;
      ports.log("delivery-requeued", { connectorId, submissionId: id, executionId });
      await sendImportNowOrLater(ports, again);
      return again;
    }
  }
}

/** Files can be deleted without the app, too. A submission without its file would only fail again. */
async function requireStoredFile(
  ports: Pick<Ports, "files">,
  { id, file }: Submission,
): Promise<void> {
  if ((await ports.files.read(file.path)) === null) {
    throw new AppError(
      "file-deleted",
      `Cannot run submission "${id}" again: its file is no longer kept; send it anew`,
    );
  }
}

/**
 * Sends an owed run again, before a tick finds that it fell silent. A run that waits for an unreachable target
 * continues to wait, and one that is being worked on is left alone.
 *
 * @returns the submission as it is now
 * @throws AppError `submission-not-found`; `submission-not-failed` when no run is owed
 */
export async function resendSubmission(
  ports: Omit<RequeuePorts, "files">,
  id: string,
): Promise<Submission> {
  for (;;) {
    const submission = await findSubmission(ports, id);
    if (!isOwed(submission)) {
      throw new AppError(
        "submission-not-failed",
        `Cannot send the run of submission "${submission.id}": it is ${submission.state}; requeue it to run it again`,
      );
    }
    const now = ports.clock.now();
    if (isHeld(submission, now)) {
      return submission;
    }
    const again = resent(submission, now);
    if (await ports.submissions.replace(submission, again)) {
      ports.log("run-sent-again", {
        connectorId: submission.connectorId,
        submissionId: submission.id,
      });
      await sendImportNowOrLater(ports, again);
      return again;
    }
  }
}
