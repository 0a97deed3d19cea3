import { BrokerError } from "../broker/errors.ts";

/** The text of a SQL filter or action cannot be read. */
export class SqlSyntaxError extends BrokerError {
  /** Character of the fault, counted from 1. */
  readonly position: number;

  constructor(reason: string, position: number) {
    super("invalid-argument", `Cannot read the SQL expression at character ${position}: ${reason}`);
    this.name = "SqlSyntaxError";
    this.position = position;
  }
}

/**
 * A piece of SQL. `text` is the meaning, not the spelling: strings and delimited names have no quotes, keywords are in
 * capitals, `<>` is `!=`.
 */
export interface Token {
  readonly kind:
    | "name"
    | "keyword"
    | "string"
    | "integer"
    | "real"
    | "parameter"
    | "symbol"
    | "end";
  readonly text: string;
  readonly position: number;
  /** Whether a name was written in brackets or double quotes. Such a name is never a scope or a function. */
  readonly delimited: boolean;
}

const MAX_TEXT_LENGTH = 1024;

const KEYWORDS: ReadonlySet<string> = new Set(
  "AND OR NOT IN LIKE ESCAPE IS NULL EXISTS TRUE FALSE SET REMOVE".split(" "),
);

type Lexeme = "blank" | "string" | "bracketed" | "quoted" | "parameter" | "word" | Token["kind"];

const LEXEMES: readonly (readonly [Lexeme, RegExp])[] = [
  ["blank", /\s+/uy],
  ["string", /'(?:[^']|'')*'/uy],
  ["bracketed", /\[(?:[^\]]|\]\])+\]/uy],
  ["quoted", /"(?:[^"]|"")+"/uy],
  ["parameter", /@[\p{L}_][_\p{L}\p{Nd}]*/uy],
  ["word", /\p{L}[_\p{L}\p{Nd}]*/uy],
  ["real", /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/uy],
  ["integer", /\d+/uy],
  ["symbol", /<>|!=|<=|>=|[-+*/%=<>(),.;]/uy],
];

/** The token text at `offset`, as written. */
function lexemeAt(sql: string, offset: number): { kind: Lexeme; raw: string } {
  for (const [kind, pattern] of LEXEMES) {
    pattern.lastIndex = offset;
    const match = pattern.exec(sql);
    if (match !== null) {
      return { kind, raw: match[0] };
    }
  }
  const [character = ""] = sql.slice(offset);
  const reason = ["'", '"', "["].includes(character)
    ? `${character} opens what is empty or never closed`
    : `${character} is not expected`;
  throw new SqlSyntaxError(reason, offset + 1);
}

function tokenOf(kind: Lexeme, raw: string, position: number): Token {
  const token = { position, delimited: false };
  switch (kind) {
    case "string":
      return { ...token, kind, text: raw.slice(1, -1).replaceAll("''", "'") };
    case "bracketed":
      return {
        ...token,
        kind: "name",
        text: raw.slice(1, -1).replaceAll("]]", "]"),
        delimited: true,
      };
    case "quoted":
      return {
        ...token,
        kind: "name",
        text: raw.slice(1, -1).replaceAll('""', '"'),
        delimited: true,
      };
    case "word": {
      const keyword = raw.toUpperCase();
      return KEYWORDS.has(keyword)
        ? { ...token, kind: "keyword", text: keyword }
        : { ...token, kind: "name", text: raw };
    }
    case "symbol":
      return { ...token, kind, text: raw === "<>" ? "!=" : raw };
    default:
      return { ...token, kind: kind as Token["kind"], text: raw };
  }
}

/**
 * Cuts SQL into tokens, the last of kind `end`.
 *
 * @throws SqlSyntaxError beyond 1,024 characters, and where no token starts
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter
 */
export function tokenize(sql: string): readonly Token[] {
  if (sql.length > MAX_TEXT_LENGTH) {
    throw new SqlSyntaxError(
      `the text has ${sql.length} characters, the limit is ${MAX_TEXT_LENGTH}`,
      MAX_TEXT_LENGTH + 1,
    );
  }
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < sql.length) {
    const { kind, raw } = lexemeAt(sql, offset);
    const previous = tokens.at(-1);
    const touchesNumber =
      (previous?.kind === "integer" || previous?.kind === "real") &&
      kind === "word" &&
      sql[offset - 1]?.trim() !== "";
    if (touchesNumber) {
      throw new SqlSyntaxError(`${raw} follows a number without a space`, offset + 1);
    }
    if (kind !== "blank") {
      tokens.push(tokenOf(kind, raw, offset + 1));
    }
    offset += raw.length;
  }
  tokens.push({ kind: "end", text: "the end", position: sql.length + 1, delimited: false });
  return tokens;
}
