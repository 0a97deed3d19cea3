import type { Page, PageRequest } from "../page.ts";
import type { AnyDefinition, StoredDefinition } from "../ports.ts";
import type { DefinitionKind } from "./definitions.ts";

/** A definition as it is to be stored. The store numbers it, and its ETag is the storage's. */
export type DraftDefinition<Kind extends DefinitionKind> = Omit<
  StoredDefinition<Kind>,
  "etag" | "version" | "updatedBy"
> & {
  /** Client id of who stores it. */
  readonly updatedBy: string;
};

/** One change of a definition, as its history keeps it. */
export interface DefinitionChange {
  /** Numbers the changes of an id from 1, without gaps, and goes on when the definition is created again. */
  readonly version: number;
  /** `found`: the definition was there before its history began, as an earlier version of the app stored it. */
  readonly action: "created" | "replaced" | "deleted" | "found";
  readonly at: Date;
  /** Client id of who asked for it; null when it was found. */
  readonly applicationId: string | null;
  /** What was stored; of a deletion, what was deleted. Of any version of the app. */
  readonly body: unknown;
}

/** Who deletes a definition, when, and under which condition. */
export interface Deletion {
  /** An ETag: must be that version; `"*"`: whatever version there is. */
  readonly etag: string;
  readonly applicationId: string;
  readonly at: Date;
}

export interface Definitions {
  /** @throws AppError `definition-unreadable` */
  find<Kind extends DefinitionKind>(kind: Kind, id: string): Promise<StoredDefinition<Kind> | null>;
  /** The definition, whether it can be used or not. */
  findAny<Kind extends DefinitionKind>(kind: Kind, id: string): Promise<AnyDefinition<Kind> | null>;
  list<Kind extends DefinitionKind>(
    kind: Kind,
    page: PageRequest,
  ): Promise<Page<AnyDefinition<Kind>>>;
  /** Every definition of the kind, in id order. Loops use `eachDefinition`, which no unreadable one can end. */
  all<Kind extends DefinitionKind>(kind: Kind): AsyncIterable<AnyDefinition<Kind>>;
  /**
   * Stores a definition and notes the change in its history, in one transaction.
   *
   * @param condition `null`: must not exist yet; an ETag: must be that version; `"*"`: whatever is there or not
   * @throws AppError `definition-changed` when the condition does not hold, or somebody else changes it meanwhile
   */
  put<Kind extends DefinitionKind>(
    kind: Kind,
    definition: DraftDefinition<Kind>,
    condition: string | null,
  ): Promise<StoredDefinition<Kind>>;
  /**
   * Deletes a definition and notes the change in its history, in one transaction.
   *
   * @returns the number of the deletion in the history
   * @throws AppError `definition-not-found`, `definition-changed`, which is also said when somebody else changes it meanwhile
   */
  delete(kind: DefinitionKind, id: string, deletion: Deletion): Promise<number>;
  /**
   * The changes of an id, newest first, whether a definition has it now or not.
   *
   * @param range.before only changes with lower numbers; null: the newest ones
   */
  history(
    kind: DefinitionKind,
    id: string,
    range: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly DefinitionChange[]>;
}
