import type { WritableFormat } from "../format.ts";
import { ParquetExport } from "./options.ts";
import { parquetWriter } from "./write.ts";

/** Apache Parquet; exports only. */
export const parquet: WritableFormat<typeof ParquetExport> = {
  kind: "parquet",
  contentType: "application/vnd.apache.parquet",
  extension: "parquet",
  exportOptions: ParquetExport,
  isPacked: true,
  charsetOf: () => null,
  writer: parquetWriter,
};
