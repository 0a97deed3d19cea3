import { jsonExcess } from "../../../formats/json/bounded-json.ts";
import type { Encode, Misfit } from "./encoders.ts";

/**
 * Writes a JSON array as the text of a PostgreSQL array: `[1,null,"a b"]` becomes `{"1",NULL,"a b"}`. Numbers keep all
 * digits. Nested arrays are dimensions. Objects are written as JSON, for arrays of JSON.
 *
 * @param json an array's JSON text
 * @param element writes one element's text for the element type
 * @returns the problem of the first element that is refused, or of the text
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayLiteral(json: string, delimiter: string, element: Encode): string | Misfit {
  if (jsonExcess(json) !== null) {
    return { because: null };
  }
  return unlessMisfit(() => {
    const value = ExactJson.parse(json, exactNumbers);
    if (!Array.isArray(value)) {
      throw new NotTaken({ because: null });
    }
    return literal(value, delimiter, element);
  });
}

/**
 * Rewrites the elements of an array that is PostgreSQL's own text already: `{1,"a b",NULL}`. Own code, because
 * postgres-array only reads, and knows no delimiter but `,`.
 */
export function eachElement(text: string, delimiter: string, element: Encode): string | Misfit {
  const separator = `\\u{${delimiter.codePointAt(0)?.toString(16)}}`;
  const token = new RegExp(`"((?:[^"\\\\]|\\\\.)*)"|([^{}"${separator}]+)`, "gsu");
  const start = text.indexOf("{");
  return unlessMisfit(
    () =>
      text.slice(0, Math.max(start, 0)) +
      text.slice(Math.max(start, 0)).replace(token, (whole, quoted?: string, bare?: string) => {
        const isNothing = bare !== undefined && /^\s*(?:null)?\s*$/i.test(bare);
        return isNothing
          ? whole
          : quotedElement(bare?.trim() ?? (quoted as string).replace(/\\(.)/gsu, "$1"), element);
      }),
  );
}

function quotedElement(text: string, element: Encode): string {
  const encoded = element(text);
  if (typeof encoded !== "string") {
    throw new NotTaken(encoded);
  }
  return `"${encoded.replace(/["\\]/g, "\\$&")}"`;
}

function unlessMisfit(write: () => string): string | Misfit {
  try {
    return write();
  } catch (error) {
    if (error instanceof NotTaken) {
      return error.misfit;
    }
    if (error instanceof SyntaxError) {
      return { because: null };
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

class NotTaken extends Error {
  readonly misfit: Misfit;

  constructor(misfit: Misfit) {
    super("an element is refused");
    this.misfit = misfit;
  }
}

function literal(values: readonly unknown[], delimiter: string, element: Encode): string {
  const items = values.map((value) => {
    if (value === null) {
      return "NULL";
    }
    if (Array.isArray(value)) {
      return literal(value, delimiter, element);
    }
    return quotedElement(elementText(value), element);
  });
  return `{${items.join(delimiter)}}`;
}

function elementText(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  return ExactJson.isRawJSON(value) ? value.rawJSON : ExactJson.stringify(value);
}
