import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { isAhead } from "../values/age.ts";
import { isOwed, type Submission } from "./submission.ts";
import type { Claim } from "./submissions.ts";

/**
 * The rule that distinguishes the repetition of one request from a new submission.
 *
 * A client whose answer was lost sends the same request again, and the file must be imported once. But clients also
 * send the same file again to import it again, often under the same external id: known clients send the file's name. So
 * a request is a repetition of the last one with the same external id and query only if all of this holds:
 *
 * | condition                               | otherwise                                             |
 * |-----------------------------------------|-------------------------------------------------------|
 * | the content is the same                 | prices A, then B, then A again: A is imported again   |
 * | it came soon after the last one         | the same daily file on three days: three imports      |
 * | the last one has neither failed nor ended with errors | refused, master data mended, sent again: imported |
 * | no partner has asked for its state since | a partner that asks has received the id: no answer was lost |
 *
 * Everything else is a new submission. A request without an external id is never a repetition, except for an upload: an
 * upload's id is made for one file.
 */

/** Partners' questions about a submission since it was received. */
export interface Heard {
  /** Time at which a partner first asked for its state, or used its id in another way. */
  readonly askedAt: Date | null;
  /** Number of requests that were taken for its repetitions. */
  readonly repetitions: number;
}

export const NOTHING_HEARD: Heard = { askedAt: null, repetitions: 0 };

/** Distinguishes one request from another, besides its content. */
export interface RequestName {
  readonly key: string;
  /** Time for which a repetition can come; null: as long as the submission is known. */
  readonly seconds: number | null;
}

/** The names of a request by its external id and its query. */
export function externalName(
  { deduplicationSeconds }: Pick<ConnectorOf<"import">, "deduplicationSeconds">,
  request: Pick<Submission, "externalId" | "entity" | "company" | "parentId">,
): readonly RequestName[] {
  const { externalId, entity, company, parentId } = request;
  return externalId === null || deduplicationSeconds === 0
    ? []
    : [
        {
          key: `request:${JSON.stringify([externalId, entity, company, parentId])}`,
          seconds: deduplicationSeconds,
        },
      ];
}

/** The claim that detects a repetition of a submission's request. The last submission with a name holds it. */
export function repetitionClaim({ key, seconds }: RequestName, submission: Submission): Claim {
  // storing a large file takes a while, and nobody repeats the request meanwhile
  const sinceMs = submission.touchedAt.getTime();
  return {
    key,
    until: seconds === null ? null : new Date(sinceMs + seconds * 1_000),
    isKeptBy: (holder, heard) => repeats(submission, holder, heard),
  };
}

function repeats(again: Submission, earlier: Submission, { askedAt }: Heard): boolean {
  return (
    again.file.sha256 === earlier.file.sha256 &&
    again.file.charset === earlier.file.charset &&
    !hasFailed(earlier) &&
    askedAt === null &&
    !isAhead(earlier.receivedAt, again.receivedAt)
  );
}

/** Whether it failed or ended with errors: its file is then sent again to be imported again. */
export function hasFailed(submission: Pick<Submission, "state">): boolean {
  return !isOwed(submission) && submission.state !== "processed";
}

/** Notes that a partner has used the submission's id, so the partner has it. Its later requests are not repetitions. */
export async function noteAsked(
  ports: Pick<Ports, "submissions" | "clock">,
  submission: Submission,
): Promise<Heard> {
  const now = ports.clock.now();
  return ports.submissions.hear(submission, (heard) =>
    heard.askedAt === null ? { ...heard, askedAt: now } : heard,
  );
}

/** Notes a repetition: nothing is imported, and the partner is told so. */
export async function noteRepetition(
  ports: Pick<Ports, "submissions" | "log">,
  submission: Submission,
  applicationId: string,
): Promise<void> {
  const { repetitions } = await ports.submissions.hear(submission, (heard) => ({
    ...heard,
    repetitions: heard.repetitions + 1,
  }));
  const { connectorId, id, externalId } = submission;
  ports.log("file-received-again", {
    ...{ connectorId, submissionId: id, externalId, applicationId, repetitions },
  });
}
