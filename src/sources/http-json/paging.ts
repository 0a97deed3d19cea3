import { createHash } from "node:crypto";
import type { HttpJsonDefinition } from "../../contracts/http-json-source.ts";
import { AppError } from "../../domain/errors.ts";
import { isBeneath } from "../../drivers/http/address.ts";
import { valueAt } from "../../drivers/http/value-at.ts";
import { numberText, stringText } from "./exact-json.ts";
import { type Page, shown } from "./get-page.ts";
import { headerNextPage, odataNextPage, UnusableLink } from "./next-link.ts";

/** Finds the way from page to page. */
export interface Pager {
  readonly first: URL;
  /**
   * @returns the address of the page after this one; null after the last
   * @throws AppError `source-invalid` when the way cannot be read, or leads elsewhere, in circles or on without end
   */
  next(page: Page, rowCount: number): URL | null;
}

/**
 * @param first address of the first page, without the parameters of paging
 * @param allowed base URLs, as `allowedBases` returns them: a page must not send the connection's secret, or us,
 * anywhere else
 */
export function startPaging(
  { paging, maxPages }: Pick<HttpJsonDefinition, "paging" | "maxPages">,
  first: URL,
  allowed: readonly URL[],
): Pager {
  const start = new URL(first);
  if (paging.by === "offset") {
    start.searchParams.set(paging.parameter, "0");
    start.searchParams.set(paging.limitParameter, String(paging.limit));
  }
  const visited = new Set([addressDigest(start)]);
  let rowsBefore = 0;
  let lastDigest: string | null = null;

  return {
    first: start,
    next: (page, rowCount) => {
      rowsBefore += rowCount;
      const next = nextOrRefusal(paging, page, { rowCount, rowsBefore });
      if (next === null) {
        return null;
      }
      if (!allowed.some((base) => isBeneath(base, next))) {
        throw unusable(
          start,
          `its link to the next page leads out of the connection's base URL, to "${shown(next)}"; if the secret may go there, add that base URL to the connection's nextLinks`,
        );
      }
      // A server that does not know the parameter sends the first page for ever.
      const isRepeated = paging.by === "offset" && page.digest === lastDigest;
      lastDigest = page.digest;
      const address = addressDigest(next);
      if (isRepeated || visited.has(address)) {
        throw unusable(next, "its paging leads in circles");
      }
      visited.add(address);
      if (visited.size > maxPages) {
        throw unusable(next, `it has more than ${maxPages} pages; raise maxPages`);
      }
      return next;
    },
  };
}

interface Counts {
  readonly rowCount: number;
  readonly rowsBefore: number;
}

function nextOrRefusal(
  paging: HttpJsonDefinition["paging"],
  page: Page,
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
  page: Page,
  { rowCount, rowsBefore }: Counts,
): URL | null {
  const { url, body } = page;
  switch (paging.by) {
    case "odata-nextlink":
      return odataNextPage(page) ?? noneBy("link-header", page);
    case "link-header":
      return headerNextPage(page) ?? noneBy("odata-nextlink", page);
    case "cursor":
      return withCursor(url, paging.parameter, valueAt(body, paging.at));
    case "offset":
      // A page can be shorter than asked for in the middle, too: only an empty one is the last.
      return rowCount === 0 ? null : withParameter(url, paging.parameter, String(rowsBefore));
    case "none":
      return noneBy("odata-nextlink", page) ?? noneBy("link-header", page);
  }
}

const NEXT_PAGE = { "odata-nextlink": odataNextPage, "link-header": headerNextPage };

/**
 * Rows must not be left out because a definition looks for the next page in another place than the API.
 *
 * @throws UnusableLink when there is a next page by this rule
 */
function noneBy(by: keyof typeof NEXT_PAGE, page: Page): null {
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

/** Kept instead of the address, which may be long, one for each page. */
function addressDigest(url: URL): string {
  return createHash("sha256").update(url.href).digest("base64").slice(0, 16);
}
