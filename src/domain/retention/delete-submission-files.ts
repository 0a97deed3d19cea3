import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { everyTurn } from "../every-turn.ts";
import type { ListedFile } from "../files.ts";
import type { Ports } from "../ports.ts";
import { isOwed, type Submission, withoutFile } from "../submissions/submission.ts";
import { filesOf } from "../submissions/submission-files.ts";
import { deleteStray, isOver, oldFiles, type SweepPorts } from "./old-files.ts";
import { submissionRetention } from "./submission-retention.ts";

type SubmissionPorts = SweepPorts & Pick<Ports, "definitions" | "submissions">;

/** Containers of received files, and of files about their errors. */
const CONTAINERS = ["inbox", "import-errors"] as const;

/**
 * Deletes received files with their error files and error lists, when the connector's time has passed since their
 * import ended. Deletes files of these kinds that no submission names, too. The result of a submission stays known. A
 * submission whose import has not ended keeps its files, whatever their age, and is reported.
 *
 * First the submission gives up its files, so that nobody can run it again. Only then are they deleted. After a crash
 * the next sweep finds the remaining files, and through them the submission.
 *
 * @returns how many submissions lost their files, and how many files without a submission were deleted
 */
export async function deleteSubmissionFiles(
  ports: SubmissionPorts,
  signal: AbortSignal,
): Promise<number> {
  const daysAt = await submissionRetention(ports);
  return everyTurn(CONTAINERS, (container) =>
    everyTurn(oldFiles(ports, { container, prefix: "" }, signal), async (file) => {
      // a file with another kind of name does not belong to this sweep
      const [connectorId = "", submissionId = "", ...rest] = file.path.name.split("/");
      const isOurs = rest.length > 0;
      const days = daysAt(connectorId);
      return isOurs && (await deleteIfDue(ports, file, { submissionId, days })) ? 1 : 0;
    }),
  );
}

async function deleteIfDue(
  ports: SubmissionPorts,
  file: ListedFile,
  found: { submissionId: string; days: number | undefined },
): Promise<boolean> {
  const { submissionId } = found;
  const submission = await ports.submissions.find(submissionId);
  const days = found.days ?? submission?.retentionDays ?? DEFAULT_RETENTION_DAYS;
  if (submission === null || !filesOf(submission).some(({ name }) => name === file.path.name)) {
    return deleteStray(ports, file, days);
  }
  if (isOwed(submission)) {
    if (
      submission.file.path.name === file.path.name &&
      isOver(ports, submission.receivedAt, days)
    ) {
      const { connectorId, state } = submission;
      ports.log("file-overdue", { connectorId, submissionId, state });
    }
    return false;
  }
  const isDue = isOver(ports, submission.endedAt ?? submission.touchedAt, days);
  return (isDue || Boolean(submission.fileDeletedAt)) && giveUp(ports, submission);
}

/** @returns false when the submission was requeued meanwhile */
async function giveUp(ports: SubmissionPorts, submission: Submission): Promise<boolean> {
  const after = withoutFile(submission, ports.clock.now());
  // C26
  if (!(submission.fileDeletedAt || (await ports.submissions.replace(submission, after)))) {
    return false;
  }
  for (const path of filesOf(submission)) {
    await ports.files.delete(path);
  }
  const { connectorId, id: submissionId, state } = submission;
  ports.log("submission-file-deleted", { connectorId, submissionId, state });
  return true;
}
