import { z } from "zod";
import type { Page, PageRequest } from "../domain/ports.ts";
import { type Call, parseRequest } from "./route.ts";

const Limit = z.coerce.number().int().min(1).max(1_000).default(100);

/** Reads `?limit=` (1 to 1,000, 100 by default) and `?after=`, the `next` of the page before. */
export function pageRequest(call: Pick<Call, "query">): PageRequest {
  return {
    limit: parseRequest(z.object({ limit: Limit }), { limit: call.query.get("limit") }).limit,
    after: call.query.get("after") ?? null,
  };
}

/** A page as JSON: `{ items, next }`, `next` null on the last page. */
export function pageBody<Item>(
  page: Page<Item>,
  represent: (item: Item) => unknown,
): { items: unknown[]; next: string | null } {
  return { items: page.items.map(represent), next: page.next };
}
