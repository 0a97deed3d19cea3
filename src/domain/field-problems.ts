import type { z } from "zod";
import type { FieldProblem } from "./errors.ts";

/** A zod error as field problems, with paths such as `entities[0].source.table`. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.map(({ path, message }) => ({
    field: path
      .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
      .join("")
      .replace(/^\./, ""),
    message,
  }));
}
