import { z } from "zod";

/** Body of a refusal by the package API, as the original has it. Scripts look for words in `innererror.message`. */
export const OdataError = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    innererror: z.object({
      message: z
        .string()
        .describe("A sentence for people; what cannot be done, and why, stands at its end."),
      type: z.string(),
    }),
  }),
});
export type OdataError = z.infer<typeof OdataError>;

/** Body of what an action answers with. */
export const odataAnswer = <Value extends z.ZodType>(value: Value) =>
  z.object({ "@odata.context": z.string(), value });
