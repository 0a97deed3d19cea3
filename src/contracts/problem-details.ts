import { z } from "zod";

/**
 * Body of every refusal.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const ProblemDetails = z.object({
  type: z
    .string()
    .regex(/^urn:waybill:problem:[a-z-]+$/)
    .describe("Names the problem; programs compare this."),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("A sentence for people: what cannot be done, and why."),
  instance: z.string().describe("Under this id the operator finds the request in the log."),
  errors: z
    .array(
      z.object({
        field: z
          .string()
          .describe('Path of the field, e.g. `entities[0].source.table`; `""`: the whole body.'),
        detail: z.string(),
      }),
    )
    .min(1)
    .optional()
    .describe("One entry for each wrong field."),
});
export type ProblemDetails = z.infer<typeof ProblemDetails>;
