import type { ConnectorId } from "../ids.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Heard } from "./repetition.ts";
import type { Submission } from "./submission.ts";
import type { SubmissionState } from "./submission-api.ts";

/** The files that were handed in. Everything of one connector changes in one transaction. */
export interface Submissions {
  /**
   * Puts a submission at its connector, with the claims that keep a second one like it out, and gives it its place in an
   * ordered connector. From then on it is owed a run, and found by each of its ids.
   *
   * @returns the submission; or the earlier one that keeps one of the claims, and nothing is changed then
   */
  insert(
    submission: Submission,
    options: { ordered: boolean; claims: readonly Claim[] },
  ): Promise<Submission>;
  /** By submission id. */
  get(connectorId: string, id: string): Promise<Submission | null>;
  /**
   * By submission id, execution id or the partner's own execution id. Where several partners call theirs so, the newest;
   * an id that Waybill made is found first.
   */
  find(id: string): Promise<Submission | null>;
  /** The same at each connector that knows the id, the newest first: partners share no ids. */
  findEach(id: string): Promise<readonly Submission[]>;
  /** The same at one connector. */
  findAt(connectorId: string, id: string): Promise<Submission | null>;
  /** The submission that has a claim, whatever it keeps out. */
  findClaim(connectorId: ConnectorId, key: string, now: Date): Promise<Submission | null>;
  heard(submission: Submission): Promise<Heard>;
  /**
   * Changes what was heard about a submission, unless `change` returns what it was given. It is no change of the submission
   * itself, and disturbs no attempt.
   *
   * @returns what is known now
   */
  hear(submission: Submission, change: (heard: Heard) => Heard): Promise<Heard>;
  /**
   * Replaces a submission if nobody did so since it was read.
   * @returns false when somebody else was faster
   */
  replace(before: Submission, after: Submission): Promise<boolean>;
  /** Submissions that are owed a run: in an ordered connector in their order, in any other oldest first. */
  owed(connectorId: ConnectorId, limit: number): Promise<readonly Submission[]>;
  /** The oldest submission of an ordered connector that is owed a run. */
  nextInOrder(connectorId: ConnectorId): Promise<Submission | null>;
  /** Newest first; null: in whatever state. */
  list(
    connectorId: ConnectorId,
    state: SubmissionState | null,
    page: SubmissionPage,
  ): Promise<Page<Submission>>;
  /** The submissions that brought mended rows of these; of one parent the oldest first. */
  children(connectorId: ConnectorId, parentIds: readonly string[]): Promise<readonly Submission[]>;
  /** Every connector at which a file was ever handed in, also those that were deleted. */
  connectors(): Promise<readonly string[]>;
  /**
   * Deletes claims that have ended, the oldest first, at most `limit`.
   * @returns how many; fewer than `limit` when no more are left
   */
  deleteEndedClaims(connectorId: ConnectorId, now: Date, limit: number): Promise<number>;
  /**
   * Deletes a submission and its claims; none of its ids is known any more. Only for one that nobody can change: its file
   * was given up. Deleting it twice is fine.
   */
  delete(submission: Submission): Promise<void>;
}

/** Which page of a list, and before when its files came. */
export interface SubmissionPage extends PageRequest {
  readonly receivedBefore?: Date;
}

/** What only one submission of a connector may have: an execution id, or for a while the name of its request. */
export interface Claim {
  readonly key: string;
  /** Null: as long as the submission is known. */
  readonly until: Date | null;
  /** Whether the submission that has it keeps it; else the new one takes it over. Left out: always. */
  readonly isKeptBy?: (holder: Submission, heard: Heard) => boolean;
}
