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
          detail: z.string().describe("The fault."),
        }),
      )
      .min(1)
      .optional()
      .describe("One entry for each wrong field."),
  })
  .meta({
    id: "ProblemDetails",
    description: "A refusal (RFC 9457).",
    examples: [
      {
        type: "urn:waybill:problem:connector-not-found",
        title: "connector not found",
        status: 404,
        detail:
          'Cannot find connector "5d1c6c1e-0f43-4a7d-8a0e-3b6f2f4f9c33": there is none that this application may use',
        instance: "urn:uuid:5b3c6c43-1d8f-4a1c-9d55-0f2f6d2f3a10",
      },
    ],
  });
export type ProblemDetails = z.infer<typeof ProblemDetails>;
