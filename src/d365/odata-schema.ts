import { z } from "zod";

/** Body of a refusal by the package API, as the original has it. Scripts look for words in `innererror.message`. */
export const OdataError = z
  .object({
    error: z
      .object({
        code: z.string().describe("Always empty."),
        message: z.string().describe("Always the same; `innererror` says more."),
        innererror: z
          .object({
            message: z
              .string()
              .describe("A sentence for people; what cannot be done, and why, stands at its end."),
            type: z.string().describe("A constant, for clients that expect one."),
          })
          .describe("What clients look at."),
      })
      .describe("What went wrong, in the original's layers."),
  })
  .describe("A refusal, as the original words it.");
export type OdataError = z.infer<typeof OdataError>;

/** Body of what an action answers with. */
export const odataAnswer = <Value extends z.ZodType>(value: Value) =>
  z.object({ "@odata.context": z.string().describe("Names the type of `value`."), value });
