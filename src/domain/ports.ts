import type { Definitions } from "./definitions/definition-store.ts";
import type { DefinitionBody, DefinitionKind } from "./definitions/definitions.ts";
import type { SystemDefinition } from "./definitions/system-definition.ts";
import type { Deliveries } from "./deliveries/deliveries.ts";
import type { DeliveryHints, OwnQueues } from "./deliveries/own-queues.ts";
import type { SubscriptionStates } from "./deliveries/subscription-states.ts";
import type { PartnerTopic } from "./deliveries/topics/partner-topic.ts";
import type { Consents } from "./deliveries/webhook/consent.ts";
import type { OpenWebhook } from "./deliveries/webhook/webhook-endpoint.ts";
import type { Executions } from "./exports/executions.ts";
import type { ActiveRun, Run, Slot } from "./exports/run.ts";
import type { ByteRange, FilePath, ListedFile, StoredFile } from "./files.ts";
import type { FileAvailableMessage } from "./ledger/file-available.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Log } from "./log-events.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Connections, Source } from "./source.ts";
import type { Submissions } from "./submissions/submissions.ts";
import type { Target } from "./target.ts";
import type { TickQueue, Ticks } from "./ticks/ticks.ts";

/** Everything that the domain needs from the outside world. The process can die at each call. */
export interface Ports {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly definitions: Definitions;
  readonly subscriptions: SubscriptionStates;
  readonly openSource: (definition: SystemDefinition) => Source;
  readonly openTarget: (definition: SystemDefinition) => Target;
  readonly openWebhook: OpenWebhook;
  readonly consents: Consents;
  readonly runs: Runs;
  readonly executions: Executions;
  readonly runQueue: RunQueue;
  readonly files: Files;
  readonly ledger: Ledger;
  readonly announcements: Announcements;
  readonly topic: PartnerTopic;
  readonly deliveries: Deliveries;
  readonly ownQueues: OwnQueues;
  readonly deliveryHints: DeliveryHints;
  readonly submissions: Submissions;
  readonly connections: Connections;
  readonly tokens: Tokens;
  readonly ticks: Ticks;
  readonly tickQueue: TickQueue;
}

export interface Clock {
  now(): Date;
}

export interface Ids {
  /** A random GUID (RFC 9562 version 4). */
  guid(): string;
  /** A GUID that sorts by time (RFC 9562 version 7). */
  timeOrderedGuid(at: Date): string;
  /** 128 random bits as URL-safe text, for secrets. */
  secret(): string;
}

export interface StoredDefinition<Kind extends DefinitionKind> {
  readonly id: string;
  readonly body: DefinitionBody<Kind>;
  readonly etag: string;
  readonly updatedAt: Date;
  /** Time of the last change of the schedule; earlier slots do not belong to it. */
  readonly scheduleSince: Date;
  /**
   * Random; made when the definition is created, and kept as long as it exists. A definition that is deleted and
   * created again gets another one. `""` for definitions of earlier versions.
   */
  readonly incarnation: string;
  /** Numbers the changes of an id from 1, and continues when it is created again. 0: an earlier version stored it. */
  readonly version: number;
  /** Client id of the author. Null: an earlier version stored it. */
  readonly updatedBy: string | null;
}

/** A stored definition that cannot be used. */
export interface UnreadableDefinition {
  readonly id: string;
  /** The reason, in words for an operator. */
  readonly unreadable: string;
  /** The stored body. */
  readonly body: unknown;
  readonly etag: string;
  readonly updatedAt: Date;
  readonly scheduleSince: Date;
  readonly incarnation: string;
  readonly version: number;
  readonly updatedBy: string | null;
}

export type AnyDefinition<Kind extends DefinitionKind> =
  | StoredDefinition<Kind>
  | UnreadableDefinition;

/** How far a schedule is claimed. */
export interface ScheduleMark {
  /** Due time of the last claimed slot. */
  readonly claimedThrough: Date;
  /** Version of the mark. */
  readonly etag: string;
}

/** Slots, runs and cursors of exports. All rows of one export change in one transaction. */
export interface Runs {
  /** The schedule's mark and the unfinished runs. */
  current(exportId: string): Promise<{
    /** Null: no slot was ever claimed. */
    readonly schedule: ScheduleMark | null;
    readonly cursor: string | null;
    readonly active: readonly ActiveRun[];
  }>;
  /**
   * Moves the mark to the slot, and writes the slot, and its run if it has one. Moving the mark is the claim: a caller
   * with an older mark claims nothing.
   *
   * @returns false when the mark is no longer the given one
   */
  claim(slot: Slot, run: Run | null, mark: ScheduleMark | null): Promise<boolean>;
  /** Sets the mark to a time, whatever it was. @returns false when the mark is no longer the given one */
  resetSchedule(exportId: string, at: Date, mark: ScheduleMark | null): Promise<boolean>;
  /** Inserts a run without a slot. */
  request(run: Run): Promise<void>;
  find(exportId: string, runId: string): Promise<Run | null>;
  /**
   * Writes the changes of an unfinished run.
   *
   * @param options.held number of the attempt that must still be the last one
   * @returns false, without a change, when the run is finished or another attempt has it
   */
  update(run: Run, options: { readonly held: number; readonly at: Date }): Promise<boolean>;
  /**
   * Notes that an attempt is alive.
   * @returns false when the run is finished or another attempt has it
   */
  beat(run: Run, at: Date): Promise<boolean>;
  /**
   * Notes that a run is sent again, because no attempt seems to be alive.
   * @returns the changed run; null when it was changed since it was read
   */
  resend(exportId: string, run: ActiveRun, at: Date): Promise<ActiveRun | null>;
  /**
   * Ends a run and moves a cursor, if one is given, in one transaction. The cursor is that of the export's packages if
   * the run has an order, otherwise the export's own.
   * @returns false, without a change, when the run was finished before, or another attempt has it
   */
  finish(run: Run, cursor: string | null): Promise<boolean>;
  /** How far the export's packages have read, and the change tokens of its entities. */
  packageCursor(exportId: string): Promise<{
    readonly cursor: string | null;
    readonly tokens: Readonly<Record<string, string>>;
  }>;
  /** Gives an entity a new change token, which its next package uses. */
  putChangeToken(exportId: string, entity: string, token: string): Promise<void>;
  /** Newest first. */
  listRuns(exportId: string, page: PageRequest): Promise<Page<Run>>;
  /** Latest due instant first. */
  listSlots(exportId: string, page: PageRequest): Promise<Page<Slot>>;
}

interface ExportRunRequest<Kind extends string> {
  readonly kind: Kind;
  readonly exportId: string;
  readonly runId: string;
  /** Changes when the run is sent again, because the queue drops duplicates: the sender's time, in ms. */
  readonly revision: number;
}

/** Asks for a run that publishes a file, for one that makes the data package of a partner's order, or for an import. */
export type RunRequest =
  | ExportRunRequest<"export">
  | ExportRunRequest<"order">
  | {
      readonly kind: "import";
      readonly connectorId: string;
      readonly submissionId: string;
      /** Client id of the partner's application. */
      readonly applicationId: string;
      /** Whether the connector's submissions are processed one at a time, in order. */
      readonly ordered: boolean;
      /** Distinguishes a run that is sent again from a duplicate. */
      readonly sentAtMs: number;
    };
export type RunRequestOf<Kind extends RunRequest["kind"]> = Kind extends unknown
  ? Extract<RunRequest, { kind: Kind }>
  : never;

/**
 * Runs of one export, and of one ordered connector, are delivered one at a time, in order. A repeated run of an export
 * does not wait for earlier ones, because a dead worker may still hold their place. Exports, ordered imports and other
 * imports have separate queues. Sending the same run twice is harmless.
 */
export interface RunQueue {
  send(request: RunRequest): Promise<void>;
}

export interface Files {
  /** Stores a new file. It becomes visible when it is complete. */
  write(path: FilePath, content: AsyncIterable<Uint8Array>, contentType: string): Promise<void>;
  /**
   * Stores a piece of a new file. Nothing is visible yet. Pieces of a file that is never assembled vanish after a week.
   */
  stage(path: FilePath, piece: string, content: Uint8Array): Promise<void>;
  /**
   * Makes a file of its pieces, in order. Doing so twice is fine.
   *
   * @param options.madeOf names the list of pieces, by which an equal file is recognised
   * @returns false when a file of other pieces has that name
   */
  assemble(
    path: FilePath,
    options: {
      readonly pieces: readonly string[];
      readonly madeOf: string;
      readonly contentType: string;
    },
  ): Promise<boolean>;
  /** Sets metadata that describes a file found without its ledger entry. Values are ASCII. */
  label(path: FilePath, metadata: Readonly<Record<string, string>>): Promise<void>;
  /**
   * @param range part of the file to read, within it; all of it by default
   * @returns null when the file does not exist
   */
  read(path: FilePath, range?: ByteRange): Promise<StoredFile | null>;
  /** Deletes a file. A missing file is fine. */
  delete(path: FilePath): Promise<void>;
  /** The container's files whose names begin with `prefix`, in the order of their names, page by page. */
  list(
    folder: { readonly container: string; readonly prefix: string },
    page: PageRequest,
  ): Promise<Page<ListedFile>>;
  /** Absolute address of the file, without any access token. */
  uri(path: FilePath): string;
  /** Address with which anybody can write this one file and nothing else, until it expires. */
  writeUrl(path: FilePath, expiresAt: Date): Promise<string>;
  /** Signature with which anybody can read the files of a container, and nothing else, until it expires. */
  readToken(container: string, expiresAt: Date): Promise<ReadToken>;
  /** Address with which anybody can read this one file, as a download of this name, until it expires. */
  readUrl(
    path: FilePath,
    options: {
      readonly expiresAt: Date;
      readonly fileName: string;
      readonly contentType: string;
      /** Lets clients undo the file's compression, as they do for pages. Without it the bytes come as they are. */
      readonly contentEncoding?: "gzip";
    },
  ): Promise<string>;
}

/** A signature with which its holder reads the files of one container. */
export interface ReadToken {
  /** Address of the container. */
  readonly uri: string;
  readonly sharedAccessSignature: string;
  readonly expiresAt: Date;
  /** For logs, instead of the signature; storage's own logs have it too. */
  readonly signatureSha256: string;
}

export interface Announcements {
  send(message: FileAvailableMessage): Promise<void>;
}

/** The caller, as named by the token. */
export interface Principal {
  /** Application (client) id, lower case. */
  readonly applicationId: string;
  /** App roles that the tenant's administrator gave it. */
  readonly roles: readonly string[];
}

export interface Tokens {
  /**
   * Checks a bearer token: signature, issuer, audience, tenant, times.
   * @throws AppError `token-invalid`, `issuer-unavailable` (try again)
   */
  verify(token: string): Promise<Principal>;
}
