import type { Item } from "./atom-shelf.ts";
import { element, toXml, type XmlElement } from "./atom-xml.ts";

const ATOM_NAMESPACE = "http://www.w3.org/2005/Atom";
const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>';

/** A slice of a list: how many items to skip and to show. */
export interface Page {
  readonly skip: number;
  readonly top: number;
}

const link = (rel: string, href: string): XmlElement => ({
  name: "link",
  attributes: { rel, href },
  content: [],
});

/** The SDK takes the entity's name from the path of `id`. */
function entry(item: Item, host: string): XmlElement {
  const url = `https://${host}/${item.path}`;
  return {
    name: "entry",
    attributes: { xmlns: ATOM_NAMESPACE },
    content: [
      element("id", url),
      { name: "title", attributes: { type: "text" }, content: [item.name] },
      element("published", item.createdAt.toISOString()),
      element("updated", item.updatedAt.toISOString()),
      link("self", url),
      {
        name: "content",
        attributes: { type: "application/xml" },
        content: [item.description],
      },
    ],
  };
}

export function entryDocument(item: Item, host: string): string {
  return DECLARATION + toXml(entry(item, host));
}

/** Writes one page of a list. It has a link `next` if more items follow. */
export function feedDocument(
  list: { readonly items: readonly Item[]; readonly title: string; readonly url: string },
  page: Page,
  host: string,
): string {
  const end = page.skip + page.top;
  const next =
    end < list.items.length
      ? [link("next", `https://${host}/${list.url}?$skip=${end}&$top=${page.top}`)]
      : [];
  return (
    DECLARATION +
    toXml({
      name: "feed",
      attributes: { xmlns: ATOM_NAMESPACE },
      content: [
        { name: "title", attributes: { type: "text" }, content: [list.title] },
        element("id", `https://${host}/${list.url}`),
        link("self", `https://${host}/${list.url}`),
        ...next,
        ...list.items.slice(page.skip, end).map((item) => entry(item, host)),
      ],
    })
  );
}

/** Writes an error in the form that the SDK reads: `Detail` becomes the message. */
export function errorDocument(status: number, detail: string): string {
  return (
    DECLARATION +
    toXml(element("Error", element("Code", String(status)), element("Detail", detail)))
  );
}
