import type { z } from "zod";
import type { FieldProblem } from "./errors.ts";

/** At most 50 problems, so that a caller cannot inflate the response. */
const MAX_PROBLEMS = 50;
const MAX_NAME_LENGTH = 100;

type Issue = z.core.$ZodIssue;

/**
 * A zod error as field problems, with paths such as `entities[0].source.table`: the first 50, and the number of the
 * others.
 */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  const problems = error.issues.flatMap(problemsOf);
  const more = problems.length - MAX_PROBLEMS;
  return more > 0
    ? [...problems.slice(0, MAX_PROBLEMS), { field: "", message: `has ${more} more problems` }]
    : problems;
}

function problemsOf(issue: Issue): FieldProblem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: fieldOf([...issue.path, key]),
      message: "is not known here",
    }));
  }
  return [{ field: fieldOf(issue.path), message: messageOf(issue) }];
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) =>
      typeof step === "number" ? `[${step}]` : `.${String(step).slice(0, MAX_NAME_LENGTH)}`,
    )
    .join("")
    .replace(/^\./, "");
}

/** In words that follow the field's name; zod's own speak of input and of unions. A schema's own words stay. */
function messageOf(issue: Issue): string {
  if (issue.code === "invalid_key") {
    return issue.issues[0]?.message ?? issue.message;
  }
  if (!/^(?:Invalid|Too (?:small|big))\b/.test(issue.message)) {
    return issue.message;
  }
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? "is missing"
        : `must be of type ${issue.expected}`;
    case "invalid_value":
      return `must be ${listOf(issue.values)}`;
    case "invalid_union":
      return "options" in issue ? `must be ${listOf(issue.options ?? [])}` : issue.message;
    case "too_small":
      return `must ${verbFor(issue.origin)} at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `must ${verbFor(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

function listOf(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}

function verbFor(origin: string): string {
  return unitOf(origin) === "" ? "be" : "have";
}

function unitOf(origin: string): string {
  const units: Readonly<Record<string, string>> = { string: " characters", array: " entries" };
  return units[origin] ?? "";
}
