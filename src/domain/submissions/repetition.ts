import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { isAhead } from "../values/age.ts";
import { isOwed, type Submission } from "./submission.ts";
import type { Claim } from "./submissions.ts";

/**
 * What is a repetition of one request, and what is a new submission.
 *
 * A client whose answer was lost sends the same request again, and it is to be imported once. But the same file is also
 * sent again because it is to be imported again, often under the same external id: known clients send the file's name.
 * So a request is a repetition of the last one with the same external id and query only if all of this holds:
 *
 * | condition                               | otherwise                                             |
 * |-----------------------------------------|-------------------------------------------------------|
 * | the content is the same                 | prices A, then B, then A again: A is imported again   |
 * | it came soon after it                   | the same daily file on three days: three imports      |
 * | it has not failed, nor ended with errors | refused, master data mended, sent again: imported    |
 * | no partner has asked for it since       | who asks for its state has received its id: no answer was lost |
 *
 * Everything else is a new submission. A request without an external id never is a repetition, unless it hands in an
 * upload: an upload's id is made for one file.
 */

/** What was heard from partners about a submission since it was handed in. */
export interface Heard {
  /** When one asked for its state first, or named it otherwise. */
  readonly askedAt: Date | null;
  /** How often its request came again and was taken for a repetition. */
  readonly repetitions: number;
}

export const NOTHING_HEARD: Heard = { askedAt: null, repetitions: 0 };

/** What tells one request from another, but for its content. */
export interface RequestName {
  readonly key: string;
  /** How long a repetition can come; null: for as long as the submission is known. */
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

/** What keeps a repetition of the request that a submission came by out. The last submission with a name has it. */
export function repetitionClaim({ key, seconds }: RequestName, submission: Submission): Claim {
  // a large file takes a while to be stored, and nobody repeats it meanwhile
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

/** Whether it failed or ended with errors: its file is sent again to be imported again. */
export function hasFailed(submission: Pick<Submission, "state">): boolean {
  return !isOwed(submission) && submission.state !== "processed";
}

/** A partner has named the submission, and so has its id: what it sends from now on is no repetition. */
export async function noteAsked(
  ports: Pick<Ports, "submissions" | "clock">,
  submission: Submission,
): Promise<Heard> {
  const now = ports.clock.now();
  return ports.submissions.hear(submission, (heard) =>
    heard.askedAt === null ? { ...heard, askedAt: now } : heard,
  );
}

/** A repetition is swallowed: nothing is imported, and that is told. */
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
