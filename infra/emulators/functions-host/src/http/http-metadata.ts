import { bindingData, joined, jsonMembers } from "../binding-data.ts";
import type { TypedData } from "../core-types.ts";
import type { RouteValues } from "./match-route.ts";

export interface HttpBindingSource {
  /** The body as text, if it was read before the function starts. */
  readonly bodyText: string | null;
  readonly query: URLSearchParams;
  readonly values: RouteValues;
  /** Names as sent; a repeated one appears repeatedly. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Builds the trigger metadata of an HTTP request with its well-known pollution. One dictionary holds members of a JSON
 * body, then query values, then route values; objects of a body are JSON. In streaming mode the library takes
 * `request.params` from it, and `request.headers` from its member `Headers`. So a query value or body member of that
 * name replaces the headers.
 *
 * An absent optional route parameter does not remove a value of that name from the query or the body.
 */
export function httpTriggerMetadata(source: HttpBindingSource): Record<string, TypedData> {
  const data = bindingData();
  for (const [name, value] of jsonMembers(source.bodyText)) {
    data.set(name, value);
  }
  // the last value of a repeated name stays
  for (const [name, value] of source.query) {
    if (name.toLowerCase() !== "code") {
      data.set(name, { string: value });
    }
  }
  for (const [name, value] of Object.entries(source.values)) {
    if (value !== null) {
      data.set(name, { string: value });
    }
  }
  const collections = { Query: joined([...source.query]), Headers: joined(source.headers) };
  for (const [name, collection] of Object.entries(collections)) {
    if (!data.has(name)) {
      data.set(name, { json: JSON.stringify(collection) });
    }
  }
  return data.toRecord();
}
