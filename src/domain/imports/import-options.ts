import type { Submission } from "../submissions/submission.ts";
import type { Target } from "../target.ts";
import type { ImportDefinition } from "./import-definition.ts";

/** A partner's options for an execution, beyond the import's definition. */
export interface ImportOptions {
  /** False: the package is read and checked against the definition, without any target. */
  readonly execute: boolean;
  /** Whether errors end the import; null: as the definition and the package say. */
  readonly failOnError: boolean | null;
  /** Id of the package's upload. */
  readonly uploadId: string;
}

/** Whether the file is only checked. */
export function isCheck({ options }: Pick<Submission, "options">): boolean {
  return options?.execute === false;
}

/**
 * The definition for a submission's import. A partner can ask for more care than the definition has, never for less.
 */
export function definitionFor(
  definition: ImportDefinition,
  submission: Pick<Submission, "options">,
): ImportDefinition {
  const { errors, validateOnly } = definition;
  const onRowErrors = submission.options?.failOnError === true ? "stop" : errors.onRowErrors;
  return {
    ...definition,
    errors: { ...errors, onRowErrors },
    validateOnly: validateOnly || isCheck(submission),
  };
}

/** Accepts all rows and stores none. It replaces every target while a file is only checked. */
export const NO_TARGET: Target = {
  open: async () => ({
    write: async () => [],
    commit: async () => undefined,
    close: async () => undefined,
  }),
};
