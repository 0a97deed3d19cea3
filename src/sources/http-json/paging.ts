import { createHash } from "node:crypto";
import type { HttpJsonDefinition } from "../../contracts/http-json-source.ts";
import { AppError } from "../../domain/errors.ts";
import { valueAt } from "../../drivers/http/value-at.ts";
import { numberText } from "./exact-json.ts";
import { type Page, shown } from "./get-page.ts";

/** Finds the way from page to page. */
export interface Pager {
  readonly first: URL;
  /**
   * @returns the address of the page after this one; null after the last
   * @throws AppError `source-invalid` when the way leads to another origin, in circles or on without end
   */
  next(page: Page, rowCount: number): URL | null;
}

/** @param first address of the first page, without the parameters of paging */
export function startPaging(
  { paging, maxPages }: Pick<HttpJsonDefinition, "paging" | "maxPages">,
  first: URL,
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
      const next = following(paging, page, { rowCount, rowsBefore });
      if (next === null) {
        return null;
      }
      refuseElsewhere(next, start);
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

function following(
  paging: HttpJsonDefinition["paging"],
  { url, body, headers }: Page,
  { rowCount, rowsBefore }: { rowCount: number; rowsBefore: number },
): URL | null {
  switch (paging.by) {
    case "odata-nextlink":
      return linked(url, valueAt(body, "@odata.nextLink"));
    case "link-header":
      return linked(url, nextOf(headers.get("link") ?? ""));
    case "cursor":
      return withCursor(url, paging.parameter, valueAt(body, paging.at));
    case "offset":
      // A page can be shorter than asked for in the middle, too: only an empty one is the last.
      return rowCount === 0 ? null : withParameter(url, paging.parameter, String(rowsBefore));
    case "none":
      return null;
  }
}

function linked(url: URL, link: unknown): URL | null {
  if (typeof link !== "string" || link === "") {
    return null;
  }
  if (!URL.canParse(link, url.href)) {
    throw unusable(url, "its link to the next page is no address");
  }
  return new URL(link, url.href);
}

const LINK_REGEXP = /<([^>]*)>([^<]*)/g;
const REL_REGEXP = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;

/** @see https://www.rfc-editor.org/rfc/rfc8288#section-3 */
function nextOf(header: string): string | null {
  for (const [, target = "", parameters = ""] of header.matchAll(LINK_REGEXP)) {
    const [, quoted, bare] = REL_REGEXP.exec(parameters) ?? [];
    const relations = (quoted ?? bare ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next")) {
      return target;
    }
  }
  return null;
}

function withCursor(url: URL, parameter: string, cursor: unknown): URL | null {
  const text = typeof cursor === "string" ? cursor : numberText(cursor);
  return text === null || text === "" ? null : withParameter(url, parameter, text);
}

function withParameter(url: URL, name: string, value: string): URL {
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next;
}

/** A page must not send the connection's token, or us, anywhere else. */
function refuseElsewhere(next: URL, start: URL): void {
  if (next.origin !== start.origin || next.username !== "" || next.password !== "") {
    throw new AppError(
      "source-invalid",
      `Cannot read "${shown(start)}": its link to the next page leads to another origin, "${next.origin}"`,
    );
  }
}

function unusable(url: URL, because: string): AppError {
  return new AppError("source-invalid", `Cannot read "${shown(url)}": ${because}`);
}

/** Kept instead of the address, which may be long, one for each page. */
function addressDigest(url: URL): string {
  return createHash("sha256").update(url.href).digest("base64").slice(0, 16);
}
