/**
 * The English of this repository: every comment, every text in code, and every document, as passages.
 *
 * A passage is one paragraph, list item, table cell or string. Code, headings, the heads of tables and drawings are not
 * passages: nobody reads them as sentences.
 */
export interface Passage {
  /** Number of its first line. */
  readonly line: number;
  readonly kind: "comment" | "text" | "document";
  readonly text: string;
}

/** Stands for a value inside a template. */
const VALUE = "…";

/** Passages of TypeScript, JavaScript or Bicep. */
export function passagesOfCode(source: string): Passage[] {
  return joinLineComments(source, tokensOf(source)).flatMap(({ start, kind, text }): Passage[] => {
    const line = source.slice(0, start).split("\n").length;
    if (kind === "text") {
      return [{ line, kind, text }];
    }
    return paragraphsOf(commentLines(text)).map((paragraph) => ({
      line: line + paragraph.line,
      kind,
      text: paragraph.text.replace(/^@(?:returns|throws|remarks|param \S+) ?/, ""),
    }));
  });
}

/** Passages of a Markdown document. */
export function passagesOfDocument(source: string): Passage[] {
  const lines = source.split("\n");
  let fenced = false;
  const readable = lines.map((line) => {
    const fence = /^\s*(`{3,}|~{3,})/.test(line);
    fenced = fence !== fenced;
    return fenced || fence || /^(#|<!--)/.test(line) ? "" : line;
  });
  return paragraphsOf(readable).map(({ line, text }) => ({
    line: line + 1,
    kind: "document",
    text,
  }));
}

/** Texts of line comments that follow each other are one comment. */
interface Token {
  readonly start: number;
  readonly end: number;
  readonly kind: "comment" | "text";
  readonly text: string;
}

function joinLineComments(source: string, tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    const follows =
      last?.text.startsWith("//") &&
      token.text.startsWith("//") &&
      /^\s*\n\s*$/.test(source.slice(last.end, token.start)) &&
      /(^|\n)\s*$/.test(source.slice(0, last.start).slice(-80));
    if (last !== undefined && follows) {
      joined[joined.length - 1] = { ...last, end: token.end, text: `${last.text}\n${token.text}` };
    } else {
      joined.push(token);
    }
  }
  return joined;
}

function commentLines(comment: string): string[] {
  return comment
    .replace(/^\/\*+|\*+\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*(\*(?!\*)|\/\/+) ?/, "").trimEnd());
}

/** Stands under the head of a table. */
const HEAD_RULE = /^\s*\|[\s:|-]+\|\s*$/;

interface Paragraph {
  readonly line: number;
  readonly text: string;
  /** Whether the next line goes on with it. */
  readonly open: boolean;
}

function paragraphsOf(lines: readonly string[]): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  for (const [line, raw] of lines.entries()) {
    const text = raw.trim();
    const last = paragraphs.at(-1);
    if (text === "" || text.startsWith("|")) {
      const isHead = HEAD_RULE.test(lines[line + 1] ?? "");
      paragraphs.push(...cellsOf(isHead ? "" : text, line));
    } else if (last?.open && !ITEM.test(text)) {
      paragraphs[paragraphs.length - 1] = { ...last, text: `${last.text} ${text}` };
    } else {
      paragraphs.push(...beginningOf(raw, line));
    }
  }
  return paragraphs.filter(({ text }) => text !== "");
}

function cellsOf(row: string, line: number): Paragraph[] {
  return row.split("|").map((cell) => ({ line, text: cell.trim(), open: false }));
}

/** Nothing for a drawing: a line that is indented, and neither begins an item nor goes on with one. */
function beginningOf(raw: string, line: number): Paragraph[] {
  const text = raw.trim();
  const isDrawing = raw.startsWith("  ") && !ITEM.test(text);
  return isDrawing ? [] : [{ line, text: text.replace(MARKER, ""), open: true }];
}

/** A list item, or a tag of JSDoc. */
const ITEM = /^(?:[-*]|\d+\.|@\w+)\s/;
const MARKER = /^(?:[-*]|\d+\.)\s+/;

/** The characters before which a slash begins a pattern and does not divide. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of))\s*$/;

const TOKENS: readonly {
  readonly pattern: RegExp;
  readonly kind: "comment" | "text" | "skipped";
}[] = [
  { pattern: /\/\/[^\n]*/y, kind: "comment" },
  { pattern: /\/\*[\s\S]*?\*\//y, kind: "comment" },
  { pattern: /"(?:[^"\\\n]|\\.)*"/y, kind: "text" },
  { pattern: /'(?:[^'\\\n]|\\.)*'/y, kind: "text" },
  { pattern: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y, kind: "skipped" },
];

function tokensOf(source: string, offset = 0): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const found = source[at] === "`" ? templateAt(source, at) : tokenAt(source, at);
    for (const token of found?.tokens ?? []) {
      tokens.push({ ...token, start: token.start + offset, end: token.end + offset });
    }
    at = found?.end ?? at + 1;
  }
  return tokens;
}

function tokenAt(source: string, at: number): { end: number; tokens: Token[] } | null {
  for (const { pattern, kind } of TOKENS) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) {
      continue;
    }
    const end = at + text.length;
    if (kind !== "skipped") {
      const inside = kind === "text" ? text.slice(1, -1).replace(/\\(["'])/g, "$1") : text;
      return { end, tokens: [{ start: at, end, kind, text: inside }] };
    }
    if (BEFORE_PATTERN.test(source.slice(Math.max(0, at - 40), at))) {
      return { end, tokens: [] };
    }
  }
  return null;
}

/** A template is one text; what stands in its values is read as code. */
function templateAt(source: string, start: number): { end: number; tokens: Token[] } {
  const values: Token[] = [];
  let text = "";
  let at = start + 1;
  while (at < source.length && source[at] !== "`") {
    if (source.startsWith("${", at)) {
      const end = endOfValue(source, at + 2);
      values.push(...tokensOf(source.slice(at + 2, end), at + 2));
      text += VALUE;
      at = end + 1;
    } else {
      const length = source[at] === "\\" ? 2 : 1;
      text += source.slice(at, at + length);
      at += length;
    }
  }
  return { end: at + 1, tokens: [{ start, end: at + 1, kind: "text", text }, ...values] };
}

function endOfValue(source: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < source.length) {
    const found = source[at] === "`" ? templateAt(source, at) : tokenAt(source, at);
    if (found === null && source[at] === "}" && depth === 0) {
      return at;
    }
    depth += found === null ? Number(source[at] === "{") - Number(source[at] === "}") : 0;
    at = found?.end ?? at + 1;
  }
  return at;
}
