import type { ConnectorId } from "../ids.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Heard } from "./repetition.ts";
import type { Submission } from "./submission.ts";
import type { SubmissionState } from "./submission-api.ts";

/** The received files. All rows of one connector change in one transaction. */
export interface Submissions {
  /**
   * Puts a submission at its connector, with the claims that detect an equal one, and gives it its place in an ordered
   * connector. From then on it is owed a run, and each of its ids finds it.
   *
   * @returns the submission; or, without a change, the earlier one that holds one of the claims
   */
  insert(
    submission: Submission,
    options: { ordered: boolean; claims: readonly Claim[] },
  ): Promise<Submission>;
  /** By submission id. */
  get(connectorId: string, id: string): Promise<Submission | null>;
  /**
   * By submission id, execution id or the partner's own execution id. If several partners use the same id, the newest;
   * an id that Waybill made comes first.
   */
  find(id: string): Promise<Submission | null>;
  /** As `find`, at each connector that knows the id, the newest first: partners share no ids. */
  findEach(id: string): Promise<readonly Submission[]>;
  /** As `find`, at one connector. */
  findAt(connectorId: string, id: string): Promise<Submission | null>;
  /** The submission that holds a claim, whether or not the claim still refuses others. */
  findClaim(connectorId: ConnectorId, key: string, now: Date): Promise<Submission | null>;
  heard(submission: Submission): Promise<Heard>;
  /**
   * Changes the notes of partners' questions, unless `change` returns its argument. The submission itself does not
   * change, and no attempt is disturbed.
   *
   * @returns the present notes
   */
  hear(submission: Submission, change: (heard: Heard) => Heard): Promise<Heard>;
  /**
   * Replaces a submission unless it has changed since it was read.
   * @returns false when another caller was faster
   */
  replace(before: Submission, after: Submission): Promise<boolean>;
  /** Submissions that are owed a run: in order at an ordered connector, otherwise oldest first. */
  owed(connectorId: ConnectorId, limit: number): Promise<readonly Submission[]>;
  /** The oldest submission of an ordered connector that is owed a run. */
  nextInOrder(connectorId: ConnectorId): Promise<Submission | null>;
  /** Newest first; null: in any state. */
  list(
    connectorId: ConnectorId,
    state: SubmissionState | null,
    page: SubmissionPage,
  ): Promise<Page<Submission>>;
  /** The submissions with mended rows of these; for each parent the oldest first. */
  children(connectorId: ConnectorId, parentIds: readonly string[]): Promise<readonly Submission[]>;
  /** Every connector that has ever received a file, deleted ones included. */
  connectors(): Promise<readonly string[]>;
  /**
   * Deletes claims that have ended, the oldest first, at most `limit`.
   * @returns how many; fewer than `limit` when no more are left
   */
  deleteEndedClaims(connectorId: ConnectorId, now: Date, limit: number): Promise<number>;
  /**
   * Deletes a submission and its claims; none of its ids is known any more. Only for a submission that nobody can
   * change, because it gave up its file. Deleting it twice is fine.
   */
  delete(submission: Submission): Promise<void>;
}

/** The requested page of a list, and the latest receipt. */
export interface SubmissionPage extends PageRequest {
  readonly receivedBefore?: Date;
}

/**
 * Something that only one submission of a connector may have: an execution id, or for a while the name of its request.
 */
export interface Claim {
  readonly key: string;
  /** Null: as long as the submission is known. */
  readonly until: Date | null;
  /** Whether the holder keeps it; otherwise the new submission takes it over. Left out: always. */
  readonly isKeptBy?: (holder: Submission, heard: Heard) => boolean;
}
