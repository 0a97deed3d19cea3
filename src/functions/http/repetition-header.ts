/** How the header is described. */
export const REPETITION_HEADER = {
  "Waybill-Repetition-Of":
    "Id of the submission that the request before has led to: this one was taken for its repetition, and imports nothing.",
} as const;

/**
 * Header of the answer to a repeated sending: the id of the submission that the first request made. The repetition has
 * no other effect.
 */
export function repetitionHeader(received: {
  readonly submission: { readonly id: string };
  readonly isNew: boolean;
}): Record<string, string> {
  return received.isNew ? {} : { "Waybill-Repetition-Of": received.submission.id };
}
