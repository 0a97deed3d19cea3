import type { Page, PageRequest } from "../page.ts";
import type { AnyDefinition, StoredDefinition } from "../ports.ts";
import type { DefinitionKind, DefinitionSchemas } from "./definitions.ts";

/** A definition before it is stored. The store adds its number, and the storage its ETag. */
export type DraftDefinition<Kind extends DefinitionKind> = Omit<
  StoredDefinition<Kind>,
  "etag" | "version" | "updatedBy"
> & {
  /** Client id of the author. */
  readonly updatedBy: string;
  /** Only for a subscription: stored beside the definition, in the same transaction. */
  readonly start?: SubscriptionStart;
};

/** One change in the history of a definition. */
export interface DefinitionChange {
  /**
   * Numbers the changes of an id from 1, without gaps. The count continues when a deleted definition is created again.
   */
  readonly version: number;
  /** `found`: an earlier version of the app stored the definition before its history began. */
  readonly action: "created" | "replaced" | "deleted" | "found";
  readonly at: Date;
  /** Client id of the author; null when the definition was found. */
  readonly applicationId: string | null;
  /** The stored definition; for a deletion, the deleted one. Any version of the app may have written it. */
  readonly body: unknown;
}

/** Author, time and condition of a deletion. */
export interface Deletion {
  /** An ETag: the definition must be that version; `"*"`: any version. */
  readonly etag: string;
  readonly applicationId: string;
  readonly at: Date;
}

/** Decides with which files a subscription begins. Saved together with it. */
export interface SubscriptionStart {
  /** Number of the first file by file type. File types that are missing begin with 1. */
  readonly starts: Starts;
  /** Files that exist already, which the subscription may want. */
  readonly owed: OwedFiles;
}
export type Starts = Readonly<Record<string, number>>;

export interface OwedFiles {
  /** Number of the first owed file by file type. */
  readonly from: Starts;
  /** Patterns such as `Shop.*` that are new: file types that appeared meanwhile begin with 1. */
  readonly families: readonly string[];
}

export interface Definitions {
  /** Reads bodies, those of requests and stored ones. */
  readonly schemas: DefinitionSchemas;
  /** @throws AppError `definition-unreadable` */
  find<Kind extends DefinitionKind>(kind: Kind, id: string): Promise<StoredDefinition<Kind> | null>;
  /** The definition, even if it cannot be used. */
  findAny<Kind extends DefinitionKind>(kind: Kind, id: string): Promise<AnyDefinition<Kind> | null>;
  list<Kind extends DefinitionKind>(
    kind: Kind,
    page: PageRequest,
  ): Promise<Page<AnyDefinition<Kind>>>;
  /**
   * Every definition of the kind, in id order. Loops use `eachDefinition`, because an unreadable definition does not
   * end it.
   */
  all<Kind extends DefinitionKind>(kind: Kind): AsyncIterable<AnyDefinition<Kind>>;
  /**
   * Stores a definition and records the change in its history, in one transaction.
   *
   * @param condition `null`: it must not exist yet; an ETag: it must be that version; `"*"`: any state
   * @throws AppError `definition-changed` when the condition does not hold, or another caller changes it meanwhile
   */
  put<Kind extends DefinitionKind>(
    kind: Kind,
    definition: DraftDefinition<Kind>,
    condition: string | null,
  ): Promise<StoredDefinition<Kind>>;
  /**
   * Deletes a definition and records the change in its history, in one transaction.
   *
   * @returns the number of the deletion in the history
   * @throws AppError `definition-not-found`; `definition-changed`, also when another caller changes it meanwhile
   */
  delete(kind: DefinitionKind, id: string, deletion: Deletion): Promise<number>;
  /**
   * The changes of an id, newest first, whether or not the definition still exists.
   *
   * @param range.before only changes with lower numbers; null: from the newest
   */
  history(
    kind: DefinitionKind,
    id: string,
    range: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly DefinitionChange[]>;
}
