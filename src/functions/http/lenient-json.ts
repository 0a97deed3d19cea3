import { AppError } from "../../domain/errors.ts";
import { parseForeignJson } from "../../formats/json/bounded-json.ts";

/** Members of a body by their names in lower case. */
type Members = ReadonlyMap<string, unknown>;

/**
 * Reads a JSON object as existing clients write it: names in any case, strings in single quotes, strings in quotes once
 * more. An empty body is an empty object.
 *
 * @param bareName name of the member that clients may send alone, without an object around it
 * @throws AppError `request-invalid` when the body is nothing of the kind
 */
export function lenientMembers(text: string, bareName?: string): Members {
  const trimmed = text.trim();
  const value =
    trimmed === "" ? {} : (parsed(trimmed) ?? parsed(inDoubleQuotes(trimmed)) ?? bareWord(trimmed));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return membersOf(value);
  }
  if (bareName === undefined || typeof value !== "string") {
    throw new AppError("request-invalid", "Cannot read the request: the body is not a JSON object");
  }
  return new Map([[bareName.toLowerCase(), unwrapped(value)]]);
}

/** The later of two names that differ only in case counts, as with two equal names in JSON. */
function membersOf(value: object): Members {
  return new Map(
    Object.entries(value).map(([name, member]) => [
      name.toLowerCase(),
      typeof member === "string" ? unwrapped(member) : member,
    ]),
  );
}

function parsed(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    return undefined;
  }
}

/** JSON in which strings may stand in single quotes, as JSON. One pass, however odd the text. */
function inDoubleQuotes(text: string): string {
  let open: string | null = null;
  return text.replace(/\\.|['"]/gs, (token) => {
    if (open === null && token.length === 1) {
      open = token;
      return '"';
    }
    if (token === open) {
      open = null;
      return '"';
    }
    return { '"': '\\"', "\\'": "'" }[token] ?? token;
  });
}

/** An id without quotes around it, or in the braces that GUIDs have; words of JSON are none. */
function bareWord(text: string): string | undefined {
  return /^(?!null$)\{?[\w-]+\}?$/.test(text) ? text : undefined;
}

/** The text without quotes around it, however many pairs there are. */
function unwrapped(text: string): string {
  let from = 0;
  let to = text.length;
  while (to - from >= 2 && text[from] === text[to - 1] && /["']/.test(text[from] ?? "")) {
    from++;
    to--;
  }
  return text.slice(from, to);
}
