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

/** Finds the next page. */
export interface Pager {
  readonly first: URL;
  /**
   * @returns the address of the page after this one; null after the last
   * @throws AppError `source-invalid` when the link cannot be read, leads elsewhere or in circles, or the pages do not
   *   end
   */
  next(page: ApiPage, rowCount: number): URL | null;
  /** State for another read that continues with the page that `next` named last. */
  state(): PagingState;
}

export interface PagingState {
  /** Number of pages, the next one included. */
  readonly pages: number;
  readonly rowsBefore: number;
  /** Digest of the page before. */
  readonly lastDigest: string | null;
  readonly watch: CircleWatch | null;
}

export interface PagingStart {
  /**
   * Address of the page to begin with: the first page, without the parameters of paging, or the page at which an
   * earlier read stopped.
   */
  readonly address: URL;
  /** Null: the page is the first one. */
  readonly state: PagingState | null;
}

/**
 * @param allowed base URLs from `allowedBases`: a page must not lead the app or the connection's secret anywhere else
 * @throws CannotGoOn when the page is no longer allowed
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
      // A server that does not know the parameter sends the first page every time.
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
      // A page in the middle may be shorter than requested: only an empty page is the last.
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
 * Refuses a page whose API links its next page in another way than the definition says. Rows would be left out.
 *
 * @throws UnusableLink when this rule finds a next page
 */
function noneBy(by: keyof typeof NEXT_PAGE, page: ApiPage): null {
  let next: URL | null;
  try {
    next = NEXT_PAGE[by](page);
  } catch {
    // An unusable link does not matter where the definition does not follow it.
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

/** Stored instead of the address, which may be long and hold a secret. */
function addressDigest(url: URL): string {
  return createHash("sha256").update(url.href).digest("base64").slice(0, 16);
}
