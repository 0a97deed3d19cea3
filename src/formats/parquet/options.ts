import { z } from "zod";

export const ParquetExport = z.strictObject({
  kind: z
    .literal("parquet")
    .describe(
      "Apache Parquet: typed columns. It is compressed inside, so `compression` must be left out or `none`.",
    ),
  codec: z
    .enum(["snappy", "none"])
    .default("snappy")
    .describe("How the pages of the columns are compressed."),
});
export type ParquetExport = z.infer<typeof ParquetExport>;
