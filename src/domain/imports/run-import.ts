import type { RunRequestOf } from "../ports.ts";
import { isOwed, type Submission } from "../submissions/submission.ts";
import { isOlderThan } from "../values/age.ts";
import { beginAttempt, type ImportPorts } from "./attempt.ts";
import { breakOff, endAttempt, endUnattempted, writeErrorList } from "./end-attempt.ts";
import { heldUpByFailure, whyNotRun } from "./entity-failure.ts";
import type { ImportDefinition } from "./import-definition.ts";
import { importEntity, skipEntity } from "./import-entity.ts";
import { openParts } from "./parts.ts";
import { isDue, isGivenUp, MAX_INTERRUPTIONS } from "./retry-policy.ts";
import { sendImportNowOrLater } from "./send-owed-imports.ts";

/** After this time, another invocation does the next import of an ordered connector. */
const BEGINS_NO_MORE_AFTER_MS = 2 * 60_000;

/**
 * Executes the owed run of a submission. For an ordered connector, it executes the owed runs of all submissions, oldest
 * first, while there is time.
 *
 * An attempt may die anywhere. The submission records the begun attempt. The next one begins again from the first row,
 * with the same execution id, by which targets recognise stored rows. Only one attempt can end a submission: each takes
 * it over by a change that the earlier ones do not know. A submission with a living attempt is left alone.
 *
 * If its time ends and the target has stored rows, an attempt lets another one continue after them, as often as
 * necessary.
 *
 * A failure with a name ends the submission. An unreachable target, or an unforeseen error, puts it off: in an ordered
 * connector the others wait, and no other connector does. A submission that never ends is set aside with its reason.
 *
 * @param signal ends the work early, because its time ends
 * @throws an error when the attempt's end could not be noted; the run is still owed then, and a tick sends it again
 */
export async function runImport(
  ports: ImportPorts,
  request: Pick<RunRequestOf<"import">, "connectorId" | "submissionId" | "ordered">,
  signal: AbortSignal,
): Promise<void> {
  const { connectorId, submissionId, ordered } = request;
  if (ordered) {
    await runInOrder(ports, connectorId, signal);
    return;
  }
  const submission = await ports.submissions.get(connectorId, submissionId);
  if (submission !== null && isOwed(submission) && isDue(submission, ports.clock.now())) {
    await attempt(ports, submission, signal);
  }
}

async function runInOrder(
  ports: ImportPorts,
  connectorId: string,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = ports.clock.now();
  for (;;) {
    const next = await ports.submissions.nextInOrder(connectorId);
    const now = ports.clock.now();
    if (next === null || !isDue(next, now)) {
      return;
    }
    // an import that begins late would have little time left
    if (signal.aborted || isOlderThan(startedAt, now, BEGINS_NO_MORE_AFTER_MS)) {
      await sendImportNowOrLater(ports, next);
      return;
    }
    if (!(await attempt(ports, next, signal))) {
      return;
    }
  }
}

/** @returns whether this attempt held the submission to its end */
async function attempt(
  ports: ImportPorts,
  submission: Submission,
  signal: AbortSignal,
): Promise<boolean> {
  if (isGivenUp(submission)) {
    return endUnattempted(ports, submission, {
      state: "dead-lettered",
      failure: {
        code: "run-given-up",
        message: `${MAX_INTERRUPTIONS} attempts were interrupted, the last one when the submission was ${submission.state}; see the log for what ended them`,
      },
    });
  }
  const definition = await ports.definitions.find("imports", submission.importId);
  if (definition === null) {
    return endUnattempted(ports, submission, {
      state: "preprocessing-failed",
      failure: {
        code: "definition-not-found",
        message: `the import "${submission.importId}" was deleted`,
      },
    });
  }
  return attemptImport(ports, { submission, definition: definition.body }, signal);
}

/**
 * Imports a submission's file, entity by entity, or only checks it. Each entity is stored or not by itself. A rule
 * named at an await makes up for a crash there: see "Where a crash cannot hurt" in ARCHITECTURE.md.
 *
 * @returns whether this attempt held the submission to its end
 * @throws an error when the attempt's end could not be noted
 */
async function attemptImport(
  ports: ImportPorts,
  found: { submission: Submission; definition: ImportDefinition },
  time: AbortSignal,
): Promise<boolean> {
  const attempt = await beginAttempt(ports, found, time); // C3: taken over; C4: what earlier attempts wrote is deleted
  if (attempt === null) {
    return false;
  }
  try {
    const heldUp = heldUpByFailure(attempt.definition, attempt.submission());
    for (const part of await openParts(attempt)) {
      const because = whyNotRun(part, attempt.ended, heldUp);
      if (because === null) {
        await importEntity(attempt, part); // C5: noted before the first row; C6, C7: rows and files are kept once
      } else {
        skipEntity(attempt, part, because);
      }
    }
    await writeErrorList(attempt); // C8: under a name that C3 has noted
    await endAttempt(attempt); // C9: state and result in one row, and nothing is owed any more
    return true;
  } catch (error) {
    return await breakOff(attempt, error); // C10: another attempt goes on; C11: the import is put off
  } finally {
    attempt.stop();
  }
}
