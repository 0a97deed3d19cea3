import type { Submission } from "../submissions/submission.ts";
import type { ImportDefinition } from "./import-definition.ts";
import type { EntityResult } from "./import-result.ts";
import type { Part } from "./parts.ts";

/** Entities that a failed entity stops: all later ones, those of its execution unit, or none. */
export type HeldUp = "all" | "unit" | "none";

/** An entity that the import has finished. */
export interface EndedPart {
  readonly part: Pick<Part, "executionUnit" | "failsOnErrors">;
  readonly result: EntityResult;
}

/**
 * Decides which entities a failed one stops. The definition overrides the partner, the partner overrides the package:
 *
 * | the partner's `failOnError` | the definition's `onRowErrors` | stopped                                            |
 * |-----------------------------|--------------------------------|----------------------------------------------------|
 * | true                        | any                            | all: nothing more is begun                         |
 * | false                       | `continue`                     | none                                               |
 * | false                       | `stop`                         | the unit: a partner cannot soften the definition   |
 * | left out                    | any                            | the unit: later entities may refer to missing rows |
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
 * Why an entity is not begun; null when it is.
 *
 * An entity has failed when nothing of it was stored, or when it broke off. If the package says so, it has also failed
 * when one of its rows is bad.
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
