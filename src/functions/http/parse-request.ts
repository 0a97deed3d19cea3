import type { z } from "zod";
import { AppError } from "../../domain/errors.ts";
import { fieldProblems } from "../../domain/field-problems.ts";

/** Reads what a schema describes. @throws AppError `request-invalid`, naming each wrong field */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (!result.success) {
    const problems = fieldProblems(result.error);
    const list = problems.map(({ field, message }) => `${field || "it"} ${message}`).join("; ");
    throw new AppError("request-invalid", `Cannot read the request: ${list}`, { problems });
  }
  return result.data;
}
