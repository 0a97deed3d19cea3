import type { Submission } from "../submissions/submission.ts";
import type { Target } from "../target.ts";
import type { ImportDefinition } from "./import-definition.ts";

/** What a partner asks of an execution, beyond the import's definition. */
export interface ImportOptions {
  /** False: the package is read and checked against the definition, and no target is asked or written to. */
  readonly execute: boolean;
  /** Whether errors end the import; null: as the definition and the package say. */
  readonly failOnError: boolean | null;
  /** Which upload the package was. */
  readonly uploadId: string;
}

/** Whether the file was handed in to be checked alone. */
export function isCheck({ options }: Pick<Submission, "options">): boolean {
  return options?.execute === false;
}

/** The definition by which a submission is imported. A partner can ask for more care than the definition has, never for less. */
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

/** Takes any rows and keeps none: what stands in for every target while a file is checked alone. */
export const NO_TARGET: Target = {
  open: async () => ({
    write: async () => [],
    commit: async () => undefined,
    close: async () => undefined,
  }),
};
