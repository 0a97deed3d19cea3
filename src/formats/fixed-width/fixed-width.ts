import type { ReadableFormat } from "../format.ts";
import { readAsText } from "../text/text-reader.ts";
import { failedFixedWidthRows } from "./failed-rows.ts";
import { FixedWidthImport } from "./options.ts";
import { fixedWidthReader } from "./read.ts";

/** Lines whose values stand at fixed positions; imports only. */
export const fixedWidth: ReadableFormat<typeof FixedWidthImport> = {
  kind: "fixed-width",
  contentType: "text/plain",
  extension: "txt",
  importOptions: FixedWidthImport,
  ...readAsText(fixedWidthReader, failedFixedWidthRows),
};
