import type { Page, PageRequest } from "../../domain/page.ts";
import { PageQuery } from "../operator-api.ts";
import { type Call, parseRequest } from "./route.ts";

/**
 * Reads `?limit=` (1 to 1,000, 100 by default) and `?after=`, the `next` of the page before.
 *
 * @throws AppError `request-invalid`
 */
export function pageRequest(call: Pick<Call, "query">): PageRequest {
  const { limit, after = null } = parseRequest(PageQuery, {
    limit: call.query.get("limit"),
    after: call.query.get("after"),
  });
  return { limit, after };
}

/** A page as JSON: `{ items, next }`, `next` null on the last page. */
export function pageBody<Item>(
  page: Page<Item>,
  represent: (item: Item) => unknown,
): { items: unknown[]; next: string | null } {
  return { items: page.items.map(represent), next: page.next };
}
