import { z } from "zod";

/**
 * Body of every refusal.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const ProblemDetails = z
  .object({
    type: z
      .string()
      .regex(/^urn:waybill:problem:[a-z-]+$/)
      .describe("Names the problem; programs compare this."),
    title: z.string().describe("The same in words."),
    status: z.int().describe("The HTTP status."),
    detail: z
      .string()
      .describe(
        "A sentence for people: what cannot be done, and why. Partners are told nothing of the inside; operators are told all.",
      ),
    instance: z.string().describe("Under this id the operator finds the request in the log."),
    errors: z
      .array(
        z.object({
          field: z
            .string()
            .describe('Path of the field, e.g. `entities[0].source.table`; `""`: the whole body.'),
          detail: z.string().describe("What is wrong with it."),
        }),
      )
      .min(1)
      .optional()
      .describe("One entry for each wrong field."),
  })
  .describe("A refusal (RFC 9457).");
export type ProblemDetails = z.infer<typeof ProblemDetails>;
