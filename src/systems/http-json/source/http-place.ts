import { z } from "zod";
import { CannotGoOn, parsePlace } from "../../../domain/source.ts";
import type { HttpConnection } from "../connection.ts";
import { sealed, unsealed } from "../sealed.ts";
import type { NamedState } from "./named-columns.ts";
import type { PagingState } from "./paging.ts";
import type { ReturnedState } from "./returned-rows.ts";

/** Place between two pages, where one read stops and another continues. */
export interface HttpPlace {
  /** Address of the next page. */
  readonly next: URL;
  readonly paging: PagingState;
  /** The source's clock at its first answer, in microseconds; null when the answer had none. */
  readonly sourceNow: number | null;
  readonly named: NamedState;
  /** Null without a cursor column. */
  readonly returned: ReturnedState | null;
}

const PlaceText = z.strictObject({
  v: z.literal(1),
  of: z.string(),
  /** Sealed, because an API can put tokens into its links. */
  next: z.string(),
  paging: z.strictObject({
    pages: z.int(),
    rowsBefore: z.int(),
    lastDigest: z.string().nullable(),
    watch: z.strictObject({ item: z.string(), since: z.int(), renewAfter: z.int() }).nullable(),
  }),
  sourceNow: z.number().nullable(),
  named: z.strictObject({ unseen: z.array(z.string()), names: z.array(z.string()).nullable() }),
  returned: z
    .strictObject({ newest: z.int().nullable(), recent: z.array(z.tuple([z.int(), z.string()])) })
    .nullable(),
});

export interface PlaceOwner {
  /** See {@link sourceDigest}. */
  readonly of: string;
  readonly auth: HttpConnection["auth"];
}

export function formatHttpPlace({ next, ...state }: HttpPlace, { of, auth }: PlaceOwner): string {
  return JSON.stringify({ v: 1, of, next: sealed(next.href, auth), ...state });
}

/** @throws CannotGoOn when the version, definition or secret is another one */
export function parseHttpPlace(text: string, { of, auth }: PlaceOwner): HttpPlace {
  const { next, ...place } = parsePlace(text, PlaceText, "the API");
  const address = place.of === of ? unsealed(next, auth) : null;
  if (address === null) {
    throw new CannotGoOn("Cannot go on with the API: its definition or its connection has changed");
  }
  return { ...place, next: new URL(address) };
}
