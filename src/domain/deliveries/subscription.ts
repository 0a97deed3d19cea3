import type { SubscriptionDefinition } from "../definitions/definitions.ts";
import { parseFilter } from "../filters/parse-filter.ts";
import { propertiesPredicate } from "../filters/properties-predicate.ts";
import { isOfPattern } from "../ids.ts";
import type { PublishedFile } from "../ledger/ledger-entry.ts";

/** Makes a test of whether a subscription wants a file: its type is listed, and the filter, if any, is true. */
export function matcherOf(
  subscription: Pick<SubscriptionDefinition, "enabled" | "fileTypes" | "filter">,
): (file: PublishedFile) => boolean {
  const { enabled, fileTypes, filter } = subscription;
  if (!enabled) {
    return () => false;
  }
  const accepts = filter === undefined ? () => true : propertiesPredicate(parseFilter(filter));
  return (file) =>
    fileTypes.some((pattern) => isOfPattern(file.fileType, pattern)) &&
    accepts(filterProperties(file));
}

/** Values for a subscription's filter, under the event's own names. */
function filterProperties(file: PublishedFile): Record<string, string | number | null> {
  return {
    blobType: file.fileType,
    correlationId: file.correlationId,
    contentType: file.contentType,
    contentEncoding: file.contentEncoding,
    entity: file.entity,
    records: file.records,
    bytes: file.bytes,
    sequence: file.sequence,
    mode: file.mode,
    from: file.window.from,
    to: file.window.to,
  };
}
