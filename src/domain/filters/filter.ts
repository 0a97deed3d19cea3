import { z } from "zod";

/** Longest filter text, in UTF-16 code units. */
export const MAX_FILTER_LENGTH = 2_000;

/**
 * A condition as text, in the small subset of OData `$filter` that events, rows and lists share. Only its length is
 * checked here; `parseFilter` reads it.
 *
 * `eq ne gt ge lt le in and or not startswith(name,'text') endswith(...) contains(...)`, with literals such as
 * `'it''s'`, `-12.50`, `true`, `null`, `2024-02-29`, `2024-02-29T08:00:00Z`. A name stands in double quotes if it is
 * not an identifier or is one of these words: `"Order Date" ge 2024-01-01`.
 *
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html section 5.1.1
 */
export const FilterText = z
  .string()
  .min(1, "must not be empty; leave the filter out to take everything")
  .max(MAX_FILTER_LENGTH, `must have at most ${MAX_FILTER_LENGTH} characters`);
