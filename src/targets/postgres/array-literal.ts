import { jsonExcess } from "../../contracts/bounded-json.ts";
/**
 * Writes a JSON array as the text of a PostgreSQL array: `[1,null,"a b"]` becomes `{"1",NULL,"a b"}`. Numbers keep
 * all digits; arrays in it are dimensions; objects are written as JSON, for arrays of JSON.
 *
 * @param json an array's JSON text
 * @param element one element's text, as the element type takes it; null when it does not
 * @returns null when the text is no JSON array, or an element is not taken
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayLiteral(
  json: string,
  delimiter: string,
  element: (text: string) => string | null,
): string | null {
  if (jsonExcess(json) !== null) {
    return null;
  }
  try {
    const value = ExactJson.parse(json, exactNumbers);
    return Array.isArray(value) ? literal(value, delimiter, element) : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NotTaken) {
      return null;
    }
    throw error;
  }
}

/** @see https://github.com/tc39/proposal-json-parse-with-source */
const ExactJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  stringify(value: unknown): string;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const exactNumbers: Reviver = (_key, value, { source }) =>
  typeof value === "number" && source !== undefined ? ExactJson.rawJSON(source) : value;

class NotTaken extends Error {}

function literal(
  values: readonly unknown[],
  delimiter: string,
  element: (text: string) => string | null,
): string {
  const items = values.map((value) => {
    if (value === null) {
      return "NULL";
    }
    if (Array.isArray(value)) {
      return literal(value, delimiter, element);
    }
    const text = element(elementText(value));
    if (text === null) {
      throw new NotTaken("an element is not taken");
    }
    return `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(delimiter)}}`;
}

function elementText(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  return ExactJson.isRawJSON(value) ? value.rawJSON : ExactJson.stringify(value);
}
