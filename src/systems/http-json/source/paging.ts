import { createHash } from "node:crypto";
import { AppError } from "../../../domain/errors.ts";
import { CannotGoOn } from "../../../domain/source.ts";
import { type CircleWatch, watchCircle } from "../../../domain/values/circle.ts";
import { isBeneath } from "../address.ts";
import { valueAt } from "../value-at.ts";
import type { HttpJsonDefinition } from "./definition.ts";
import { numberText, stringText } from "./exact-json.ts";
import { type ApiPage, shown } from "./get-page.ts";
import { headerNextPage, odataNextPage, UnusableLink } from "./next-link.ts";

/** Finds the way from page to page. */
export interface Pager {
  readonly first: URL;
  /**
   * @returns the address of the page after this one; null after the last
   * @throws AppError `source-invalid` when the way cannot be read, or leads elsewhere, in circles or on without end
   */
  next(page: ApiPage, rowCount: number): URL | null;
  /** What another read needs to go on with the page that `next` named last. */
  state(): PagingState;
}

export interface PagingState {
  /** The page to come included. */
  readonly pages: number;
  readonly rowsBefore: number;
  /** Of the page before. */
  readonly lastDigest: string | null;
  readonly watch: CircleWatch | null;
}

export interface PagingStart {
  /** Of the page to begin with: the first, without the parameters of paging, or one that an earlier read has stopped at. */
  readonly address: URL;
  /** Null: it is the first page. */
  readonly state: PagingState | null;
}

/**
 * @param allowed base URLs, as `allowedBases` returns them: a page must not send the connection's secret, or us,
 * anywhere else
 * @throws CannotGoOn when a page to go on with is no longer allowed
 */
export function startPaging(
  { paging, maxPages }: Pick<HttpJsonDefinition, "paging" | "maxPages">,
  { address, state }: PagingStart,
  allowed: readonly URL[],
): Pager {
  const start = new URL(address);
  if (paging.by === "offset" && state === null) {
    start.searchParams.set(paging.parameter, "0");
    start.searchParams.set(paging.limitParameter, String(paging.limit));
  }
  const isAllowed = (url: URL) => allowed.some((base) => isBeneath(base, url));
  if (state !== null && !isAllowed(start)) {
    throw new CannotGoOn(`Cannot go on with "${shown(start)}": the connection leads elsewhere`);
  }
  let pages = state?.pages ?? 1;
  let rowsBefore = state?.rowsBefore ?? 0;
  let lastDigest = state?.lastDigest ?? null;
  let watch = state === null ? watchCircle(null, addressDigest(start)) : state.watch;

  return {
    first: start,
    next: (page, rowCount) => {
      rowsBefore += rowCount;
      const next = nextOrRefusal(paging, page, { rowCount, rowsBefore });
      if (next === null) {
        return null;
      }
      if (!isAllowed(next)) {
        throw unusable(
          start,
          `its link to the next page leads out of the connection's base URL, to "${shown(next)}"; if the secret may go there, add that base URL to the connection's nextLinks`,
        );
      }
      // A server that does not know the parameter sends the first page for ever.
      const isRepeated = paging.by === "offset" && page.digest === lastDigest;
      lastDigest = page.digest;
      watch = watchCircle(watch, addressDigest(next));
      if (isRepeated || watch === null) {
        throw unusable(next, "its paging leads in circles");
      }
      pages += 1;
      if (pages > maxPages) {
        throw unusable(next, `it has more than ${maxPages} pages; raise maxPages`);
      }
      return next;
    },
    state: () => ({ pages, rowsBefore, lastDigest, watch }),
  };
}

interface Counts {
  readonly rowCount: number;
  readonly rowsBefore: number;
}

function nextOrRefusal(
  paging: HttpJsonDefinition["paging"],
  page: ApiPage,
  counts: Counts,
): URL | null {
  try {
    return following(paging, page, counts);
  } catch (error) {
    throw error instanceof UnusableLink ? unusable(page.url, error.message) : error;
  }
}

function following(
  paging: HttpJsonDefinition["paging"],
  page: ApiPage,
  { rowCount, rowsBefore }: Counts,
): URL | null {
  const { url, body } = page;
  switch (paging.by) {
    case "odata-nextlink":
      return odataNextPage(page) ?? noneBy("link-header", page);
    case "link-header":
      return headerNextPage(page) ?? noneBy("odata-nextlink", page);
    case "cursor":
      return withCursor(url, paging.parameter, valueAt(body, paging.at)) ?? noLink(page);
    case "offset":
      // A page can be shorter than asked for in the middle, too: only an empty one is the last.
      return rowCount === 0
        ? noLink(page)
        : withParameter(url, paging.parameter, String(rowsBefore));
    case "none":
      return noLink(page);
  }
}

/** @throws UnusableLink when the page has a link to a next one */
function noLink(page: ApiPage): null {
  return noneBy("odata-nextlink", page) ?? noneBy("link-header", page);
}

const NEXT_PAGE = { "odata-nextlink": odataNextPage, "link-header": headerNextPage };

/**
 * Rows must not be left out because a definition looks for the next page in another place than the API.
 *
 * @throws UnusableLink when there is a next page by this rule
 */
function noneBy(by: keyof typeof NEXT_PAGE, page: ApiPage): null {
  let next: URL | null;
  try {
    next = NEXT_PAGE[by](page);
  } catch {
    // What the definition does not go by need not be right.
    return null;
  }
  if (next !== null) {
    throw new UnusableLink(
      `it has a next page that the definition does not follow; page by "${by}"`,
    );
  }
  return null;
}

function withCursor(url: URL, parameter: string, cursor: unknown): URL | null {
  if (cursor === undefined || cursor === null) {
    return null;
  }
  const text = stringText(cursor) ?? numberText(cursor);
  if (text === null) {
    throw new UnusableLink("its text that asks for the next page is neither text nor number");
  }
  return text === "" ? null : withParameter(url, parameter, text);
}

function withParameter(url: URL, name: string, value: string): URL {
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next;
}

function unusable(url: URL, because: string): AppError {
  return new AppError("source-invalid", `Cannot read "${shown(url)}": ${because}`);
}

/** Kept instead of the address, which may be long and hold a secret. */
function addressDigest(url: URL): string {
  return createHash("sha256").update(url.href).digest("base64").slice(0, 16);
}
