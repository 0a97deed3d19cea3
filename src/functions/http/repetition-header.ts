/** How the header is described. */
export const REPETITION_HEADER = {
  "Waybill-Repetition-Of":
    "Id of the submission that the request before has led to: this one was taken for its repetition, and imports nothing.",
} as const;

/**
 * What the answer to a hand-in says when it was taken for a repetition: the id of the submission that the request before it
 * has led to. Nothing else happens with it.
 */
export function repetitionHeader(received: {
  readonly submission: { readonly id: string };
  readonly isNew: boolean;
}): Record<string, string> {
  return received.isNew ? {} : { "Waybill-Repetition-Of": received.submission.id };
}
