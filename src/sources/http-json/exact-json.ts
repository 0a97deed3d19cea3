/**
 * JSON in which no number loses a digit: numbers that a JavaScript number would change are kept as their own text.
 *
 * @see https://github.com/tc39/proposal-json-parse-with-source
 */
const ExactJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** @throws SyntaxError; RangeError when it is nested too deeply */
export function parseExact(text: string): unknown {
  return ExactJson.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source
      ? ExactJson.rawJSON(source)
      : value,
  );
}

/** @returns the digits of a number as they stood in the document; null for anything else */
export function numberText(value: unknown): string | null {
  if (typeof value === "number") {
    return String(value);
  }
  return ExactJson.isRawJSON(value) ? value.rawJSON : null;
}
