import type { Submission } from "../submissions/submission.ts";
import type { ImportDefinition } from "./import-definition.ts";
import type { EntityResult } from "./import-result.ts";
import type { Part } from "./parts.ts";

/** What an entity that has failed holds up: every entity behind it, those of its execution unit, or none. */
export type HeldUp = "all" | "unit" | "none";

/** An entity that the import is through with. */
export interface EndedPart {
  readonly part: Pick<Part, "executionUnit" | "failsOnErrors">;
  readonly result: EntityResult;
}

/**
 * Decides what a failed entity holds up. The definition goes before the partner, the partner before the package:
 *
 * | the partner's `failOnError` | the definition's `onRowErrors` | held up                                            |
 * |-----------------------------|--------------------------------|----------------------------------------------------|
 * | true                        | any                            | all: nothing is begun any more                     |
 * | false                       | `continue`                     | none                                               |
 * | false                       | `stop`                         | the unit: a partner cannot soften the definition   |
 * | left out                    | any                            | the unit: what is behind may refer to what is not there |
 */
export function heldUpByFailure(
  { errors }: ImportDefinition,
  { options }: Pick<Submission, "options">,
): HeldUp {
  const failOnError = options?.failOnError ?? null;
  if (failOnError === true) {
    return "all";
  }
  return failOnError === false && errors.onRowErrors === "continue" ? "none" : "unit";
}

/**
 * Why an entity is not begun; null: it is.
 *
 * An entity has failed when nothing of it is kept, when it broke off, and, where the package says so, when a row of it
 * is bad.
 */
export function whyNotRun(
  { executionUnit }: EndedPart["part"],
  ended: readonly EndedPart[],
  heldUp: HeldUp,
): string | null {
  if (heldUp === "none") {
    return null;
  }
  for (const { part, result } of ended) {
    const why = failureOf(result, part.failsOnErrors);
    if (why !== null && (heldUp === "all" || part.executionUnit === executionUnit)) {
      return `not run, because entity "${result.name}" before it ${why}`;
    }
  }
  return null;
}

function failureOf(
  { outcome, invalidRows, refusedRows }: EntityResult,
  failsOnErrors: boolean,
): string | null {
  switch (outcome) {
    case "not-run":
      return null;
    case "not-kept":
      return "was not kept";
    case "failed":
      return "broke off";
    default: {
      const bad = invalidRows + refusedRows;
      return failsOnErrors && bad > 0
        ? `has ${bad} bad row(s), and the package's manifest says to stop at errors`
        : null;
    }
  }
}
