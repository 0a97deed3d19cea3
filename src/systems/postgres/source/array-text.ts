/**
 * Makes a converter from the text of a PostgreSQL array to a JSON text: `{1,NULL,"a \"b\""}` becomes `[1,null,"a
 * \"b\""]`.
 *
 * Own code, because postgres-array knows no delimiter but `,` and cuts boxes into pieces.
 *
 * Dimensions nest; lower bounds other than 1 (`[0:1]={...}`) are dropped, since JSON has none.
 *
 * @param delimiter delimiter of the element type: `,` for all but `box`, which has `;`
 * @param element one element's text, unquoted, as JSON
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayToJson(
  delimiter: string,
  element: (text: string) => string,
): (text: string) => string {
  // A quoted element, one of the three structural characters, or a bare element.
  const separator = `\\u{${delimiter.codePointAt(0)?.toString(16)}}`;
  const token = new RegExp(
    `"([^"\\\\]*(?:\\\\.[^"\\\\]*)*)"|[{}${separator}]|[^{}"${separator}]+`,
    "gsu",
  );
  const jsonOfToken = (text: string, quoted: string | undefined) => {
    if (quoted !== undefined) {
      return element(quoted.replace(ESCAPED_REGEXP, "$1"));
    }
    switch (text) {
      case "{":
        return "[";
      case "}":
        return "]";
      case delimiter:
        return ",";
      case "NULL":
        return "null";
      default:
        return element(text);
    }
  };
  return (text) => text.slice(text.indexOf("{")).replace(token, jsonOfToken);
}

const ESCAPED_REGEXP = /\\(.)/gsu;
