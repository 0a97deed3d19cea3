import { z } from "zod";
import type { PageRequest } from "../../domain/page.ts";

/** Query of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe("How many at most."),
  after: z
    .string()
    .regex(/^[\x20-\x7e]{0,300}$/, 'must be the "next" of the page before')
    .optional()
    .describe("The `next` of the page before."),
});

/** One page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).describe("This page of the list."),
    next: z.string().nullable().describe("`after` of the next page; null on the last one."),
  });

export function pageRequest({ limit, after }: z.output<typeof PageQuery>): PageRequest {
  return { limit, after: after ?? null };
}
