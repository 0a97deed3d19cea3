import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { everyTurn } from "../every-turn.ts";
import type { ListedFile } from "../files.ts";
import type { Ports } from "../ports.ts";
import { isOwed, type Submission, withoutFile } from "../submissions/submission.ts";
import { filesOf } from "../submissions/submission-files.ts";
import { deleteStray, isOver, oldFiles, type SweepPorts } from "./old-files.ts";
import { submissionRetention } from "./submission-retention.ts";

type SubmissionPorts = SweepPorts & Pick<Ports, "definitions" | "submissions">;

/** What was handed in, and what was written about it. */
const CONTAINERS = ["inbox", "import-errors"] as const;

/**
 * Deletes the files that were handed in, with their error files and error lists, when the connector's time has passed
 * since their import ended; and files of these kinds that no submission knows. What became of a submission stays known. One
 * whose import has not ended keeps its files, whatever their age, and is reported.
 *
 * The submission gives its files up first: then nobody can run it again, and only then is anything deleted. A crash leaves
 * files, by which the next sweep finds the submission and goes on.
 *
 * @returns how many submissions lost their files, and how many files that no submission knows were deleted
 */
export async function deleteSubmissionFiles(
  ports: SubmissionPorts,
  signal: AbortSignal,
): Promise<number> {
  const daysAt = await submissionRetention(ports);
  return everyTurn(CONTAINERS, (container) =>
    everyTurn(oldFiles(ports, { container, prefix: "" }, signal), async (file) => {
      // what has another name is not ours to judge
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

/** @returns false when somebody has sent the submission back to work meanwhile */
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
