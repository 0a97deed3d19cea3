/** The values that a filter compares. */
type Literal = string | number | bigint | boolean | Date;
export type Properties = Readonly<Record<string, unknown>>;
export type RowPredicate = (row: Properties) => boolean;

export interface RowFilter {
  readonly matches: RowPredicate;
  /** The partition that the filter is limited to; null when it is not. */
  readonly partitionKey: string | null;
  /** The filter matches no row with a smaller row key, and none with a greater one than the other. */
  readonly leastRowKey: string;
  readonly lastRowKey: string;
}

/** Greater than the key of any row. */
const NO_END = "\uffff";

const TOKEN_REGEXP =
  /\s*(?:(\(|\))|datetime'([^']*)'|guid'([^']*)'|'((?:[^']|'')*)'|(-?\d+)L|(-?\d+(?:\.\d+)?)|([A-Za-z_]\w*))/y;

type Token =
  | { readonly kind: "paren"; readonly text: string }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "literal"; readonly value: Literal };

/** Most filters are used again and again, and each life adds some. */
const MAX_KNOWN = 1_000;
const known = new Map<string, RowFilter>();

/**
 * Reads the OData filters that Table Storage understands: comparisons of a property with a literal, `and`, `or`, `not`
 * and parentheses. A property that a row has not, or has as another type, matches nothing.
 *
 * @throws Error for what Table Storage would refuse
 */
export function parseRowFilter(text: string): RowFilter {
  const before = known.get(text);
  if (before !== undefined) {
    return before;
  }
  if (known.size >= MAX_KNOWN) {
    known.clear();
  }
  const filter = readFilter(text);
  known.set(text, filter);
  return filter;
}

export const UNLIMITED = { partitionKey: null, leastRowKey: "", lastRowKey: NO_END };

function readFilter(text: string): RowFilter {
  const reader: Reader = { tokens: tokensOf(text), at: 0, isChoice: false, limits: UNLIMITED };
  const matches = readOr(reader, 0);
  if (reader.at < reader.tokens.length) {
    throw new Error(`Cannot read filter "${text}": it goes on after its end`);
  }
  return { matches, ...(reader.isChoice ? UNLIMITED : reader.limits) };
}

function tokensOf(filter: string): Token[] {
  const tokens: Token[] = [];
  TOKEN_REGEXP.lastIndex = 0;
  while (TOKEN_REGEXP.lastIndex < filter.trimEnd().length) {
    const match = TOKEN_REGEXP.exec(filter);
    if (match === null) {
      throw new Error(`Cannot read filter "${filter}"`);
    }
    tokens.push(tokenOf(match));
  }
  return tokens;
}

function tokenOf([, paren, datetime, guid, text, long, number, word]: RegExpExecArray): Token {
  if (paren !== undefined) {
    return { kind: "paren", text: paren };
  }
  if (word !== undefined) {
    return word === "true" || word === "false"
      ? { kind: "literal", value: word === "true" }
      : { kind: "word", text: word };
  }
  if (datetime !== undefined) {
    return { kind: "literal", value: new Date(datetime) };
  }
  if (long !== undefined) {
    return { kind: "literal", value: BigInt(long) };
  }
  return {
    kind: "literal",
    value: number === undefined ? (guid ?? text ?? "").replaceAll("''", "'") : Number(number),
  };
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
  limits: Omit<RowFilter, "matches">;
  /** Whether the filter as a whole is an alternative, of which no part limits it. */
  isChoice: boolean;
}

function takeWord(reader: Reader, text: string): boolean {
  const token = reader.tokens[reader.at];
  const isIt = token !== undefined && token.kind !== "literal" && token.text === text;
  reader.at += isIt ? 1 : 0;
  return isIt;
}

function readOr(reader: Reader, depth: number): RowPredicate {
  let left = readAnd(reader, depth);
  while (takeWord(reader, "or")) {
    reader.isChoice ||= depth === 0;
    const [before, after] = [left, readAnd(reader, depth)];
    left = (row) => before(row) || after(row);
  }
  return left;
}

function readAnd(reader: Reader, depth: number): RowPredicate {
  let left = readNot(reader, depth);
  while (takeWord(reader, "and")) {
    const [before, after] = [left, readNot(reader, depth)];
    left = (row) => before(row) && after(row);
  }
  return left;
}

function readNot(reader: Reader, depth: number): RowPredicate {
  if (takeWord(reader, "not")) {
    const negated = readNot(reader, depth + 1);
    return (row) => !negated(row);
  }
  if (takeWord(reader, "(")) {
    const inner = readOr(reader, depth + 1);
    if (!takeWord(reader, ")")) {
      throw new Error("Cannot read a filter: a parenthesis is not closed");
    }
    return inner;
  }
  return readComparison(reader, depth);
}

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

function readComparison(reader: Reader, depth: number): RowPredicate {
  const [name, operator, literal] = reader.tokens.slice(reader.at, reader.at + 3);
  reader.at += 3;
  const holds = operator?.kind === "word" ? OPERATORS[operator.text] : undefined;
  if (name?.kind !== "word" || holds === undefined || literal?.kind !== "literal") {
    throw new Error("Cannot read a filter: it compares something else than a property");
  }
  const { value } = literal;
  if (depth === 0) {
    reader.limits = limited(reader.limits, name.text, { holds, value: String(value) });
  }
  const property = PROPERTY_OF[name.text] ?? name.text;
  return (row) => {
    const order = compare(row[property], value);
    return order !== null && holds(order);
  };
}

/** The remaining limits when this must hold as well. */
function limited(
  limits: Reader["limits"],
  name: string,
  { holds, value }: { holds: (order: number) => boolean; value: string },
): Reader["limits"] {
  const { leastRowKey, lastRowKey } = limits;
  const [smaller, greater] = [holds(-1), holds(1)];
  if (name === "PartitionKey" && holds(0) && !smaller && !greater) {
    return { ...limits, partitionKey: value };
  }
  if (name !== "RowKey") {
    return limits;
  }
  return {
    ...limits,
    leastRowKey: smaller || value < leastRowKey ? leastRowKey : value,
    lastRowKey: greater || value > lastRowKey ? lastRowKey : value,
  };
}

const PROPERTY_OF: Readonly<Record<string, string>> = {
  PartitionKey: "partitionKey",
  RowKey: "rowKey",
};

/** Ordinal; null when the two are of different types. */
function compare(left: unknown, right: Literal): number | null {
  const [a, b] = [comparable(left), comparable(right)];
  if (a === null || b === null || typeof a !== typeof b) {
    return null;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparable(value: unknown): string | number | bigint | boolean | null {
  if (value instanceof Date) {
    return value.getTime();
  }
  const isSimple = ["string", "number", "bigint", "boolean"].includes(typeof value);
  return isSimple ? (value as string | number | bigint | boolean) : null;
}
