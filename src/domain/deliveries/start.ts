import { z } from "zod";

/** The first file of a subscription. */
export const Start = z
  .union(
    [
      z.enum(["now", "beginning"]),
      z.int().min(1).max(Number.MAX_SAFE_INTEGER),
      z.iso.datetime({ offset: true }),
    ],
    { error: 'must be "now", "beginning", a number in the ledger, or a time with its zone' },
  )
  .describe(
    "The first file of each file type: `now` (the next one), `beginning` (every file that is still kept, old ones first), its number in the ledger, or the time of its publication. It is decided when the file type joins the subscription, and again when this member is changed.",
  );
export type Start = z.infer<typeof Start>;
