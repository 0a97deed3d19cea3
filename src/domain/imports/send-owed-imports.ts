import { everyTurn } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import { isOwed, resent, type Submission } from "../submissions/submission.ts";
import { hasStalled, isDue } from "./retry-policy.ts";

/** The next tick looks at more. */
const MAX_OWED = 1_000;

type SweepPorts = Pick<Ports, "submissions" | "runQueue" | "clock" | "log">;

/** Sends the owed run of a submission. */
async function sendImportRun(
  ports: Pick<Ports, "runQueue" | "clock">,
  submission: Submission,
): Promise<void> {
  const { connectorId, id, applicationId, sequence } = submission;
  await ports.runQueue.send({
    kind: "import",
    connectorId,
    submissionId: id,
    applicationId,
    ordered: sequence !== null,
    sentAtMs: ports.clock.now().getTime(),
  });
}

/** Sends a run without waiting for a failing queue: the run is owed, and a tick sends it. */
export async function sendImportNowOrLater(
  ports: Pick<Ports, "runQueue" | "clock" | "log">,
  submission: Submission,
): Promise<void> {
  try {
    await sendImportRun(ports, submission);
  } catch (error) {
    ports.log("run-not-sent", { submissionId: submission.id, failure: String(error) });
  }
}

/**
 * Sends every owed run that is silent. Perhaps a crash kept it from being sent, the queue lost it, or its worker died.
 * Or it was put off and is due again. Sending a running run is harmless.
 *
 * For an ordered connector only the oldest submission is sent: its run continues with the later ones.
 *
 * A failed connector does not stop the others. Files of a deleted connector are owed like any other. A queue that
 * cannot be reached ends the sweep: it is unavailable for all.
 *
 * @returns how many runs were sent
 * @throws the first failure, after an attempt on every connector
 */
export async function sendOwedImports(ports: SweepPorts): Promise<number> {
  const sweep = { isQueueAway: false };
  return everyTurn(await ports.submissions.connectors(), async (connectorId) => {
    const owed = sweep.isQueueAway ? [] : await ports.submissions.owed(connectorId, MAX_OWED);
    const oldestOrdered = owed.find(({ sequence }) => sequence !== null);
    const now = ports.clock.now();
    let sent = 0;
    for (const submission of owed) {
      const isNext = submission.sequence === null || submission === oldestOrdered;
      if (isNext && hasStalled(submission, now) && (await sendAgain(ports, submission, sweep))) {
        sent++;
      }
    }
    return sent;
  });
}

/**
 * Sends a submission's run again. It is sent first and noted then, so that an unavailable queue does not make the
 * submission wait longer: the next tick tries again. A crash between the two sends it twice, which is harmless.
 *
 * @returns false when an attempt has it after all
 */
async function sendAgain(
  ports: SweepPorts,
  submission: Submission,
  sweep: { isQueueAway: boolean } = { isQueueAway: false },
): Promise<boolean> {
  const again = resent(submission, ports.clock.now());
  try {
    await sendImportRun(ports, again); // C12
  } catch (error) {
    sweep.isQueueAway = true;
    throw error;
  }
  if (!(await ports.submissions.replace(submission, again))) {
    return false;
  }
  ports.log("run-sent-again", { connectorId: submission.connectorId, submissionId: submission.id });
  return true;
}

/** Leaves a run to another worker, if it is still owed and due: the time of this one is over. */
export async function handOn(
  ports: SweepPorts,
  { connectorId, submissionId }: { connectorId: string; submissionId: string },
): Promise<void> {
  const submission = await ports.submissions.get(connectorId, submissionId);
  if (submission !== null && isOwed(submission) && isDue(submission, ports.clock.now())) {
    await sendAgain(ports, submission);
  }
}
