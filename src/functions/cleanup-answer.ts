import { z } from "zod";

/** Answer of a clean-up. */
export const CleanupResponse = z
  .object({
    dryRun: z.boolean().describe("Whether deliveries were only counted."),
    count: z.int().describe("How many were deleted, or would be, by this call; at most 200."),
    next: z.string().nullable().describe("Where to go on; null at the end."),
  })
  .meta({
    id: "CleanupResponse",
    description:
      "Number of deleted items. In a dry run: number of items that a real one would delete.",
  });
