import { valueAt } from "../value-at.ts";
import { stringText } from "./exact-json.ts";
import type { ApiPage } from "./get-page.ts";
import { parseLinkHeader } from "./link-header.ts";

/** Why the link to the next page cannot be followed; completes "Cannot read ...: ". */
export class UnusableLink extends Error {}

/** OData 4.01, 4.0 and 3.0, and APIs of Azure that do not use OData. Some use other letter case. */
const LINK_NAMES: ReadonlySet<string> = new Set([
  ...["@nextlink", "@odata.nextlink", "odata.nextlink", "nextlink"],
]);
const ODATA_2_LINK = "d.__next";
const ODATA_CONTEXTS = ["@context", "@odata.context", "odata.metadata"];

/**
 * The next page by OData's link. A relative link counts from the context URL, if the page has one, else from the page.
 *
 * @returns null when the page has no next page
 * @throws UnusableLink
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_RelativeURLs
 */
export function odataNextPage({ url, body }: ApiPage): URL | null {
  const links = [...namedLinks(body), valueAt(body, ODATA_2_LINK)].filter(isThere);
  const link = onlyOne(links.map((value) => linkText(value)));
  if (link === null) {
    return null;
  }
  const context = ODATA_CONTEXTS.map((path) => valueAt(body, path)).find(isThere);
  const base = context === undefined ? url : resolved(linkText(context), url);
  return resolved(link, base);
}

function namedLinks(body: unknown): unknown[] {
  return typeof body !== "object" || body === null || Array.isArray(body)
    ? []
    : Object.entries(body).flatMap(([name, value]) =>
        LINK_NAMES.has(name.toLowerCase()) ? [value] : [],
      );
}

/** Some APIs write `null` when there is no next page, others an empty text. */
function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function linkText(value: unknown): string {
  const text = stringText(value);
  if (text === null) {
    throw new UnusableLink("its link to the next page is not text");
  }
  return text;
}

/**
 * The next page by the `Link` header, relative to the page.
 *
 * @returns null when the header names no next page
 * @throws UnusableLink
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function headerNextPage({ url, headers }: ApiPage): URL | null {
  const targets = linksOf(headers.get("link") ?? "").flatMap(({ target, parameters }) => {
    // some write 'next', whose quotes the header's grammar does not know
    const rel = (parameters.get("rel") ?? "").replaceAll("'", "");
    const relations = rel.toLowerCase().split(/[ \t]+/);
    const anchor = parameters.get("anchor");
    // A link with an anchor is a link of that address, not of the page.
    const isOfPage = anchor === undefined || resolved(anchor, url).href === url.href;
    return relations.includes("next") && isOfPage ? [target] : [];
  });
  const target = onlyOne(targets);
  return target === null ? null : resolved(target, url);
}

function linksOf(header: string): ReturnType<typeof parseLinkHeader> {
  try {
    return parseLinkHeader(header);
  } catch (error) {
    throw new UnusableLink(`its Link header cannot be read: ${(error as Error).message}`);
  }
}

function onlyOne(links: readonly string[]): string | null {
  const different = new Set(links);
  if (different.size > 1) {
    throw new UnusableLink("it has several links to the next page, which are not the same");
  }
  return links[0] ?? null;
}

function resolved(link: string, base: URL): URL {
  if (!URL.canParse(link, base.href)) {
    throw new UnusableLink("its link to the next page is not an address");
  }
  return new URL(link, base.href);
}
