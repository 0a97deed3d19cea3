import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** A block of code in a document. */
export interface Block {
  readonly document: string;
  /** Number of its first line, for messages. */
  readonly line: number;
  /** Text after the fence: `http`, `sh`, `json answer`, or nothing. */
  readonly kind: string;
  readonly text: string;
}

/** This page is made from the schemas; `definitions.test.ts` checks its examples. */
const MADE = "definitions.md";

/** README, that of the examples and everything in docs, so that a new document cannot be forgotten. */
export const DOCUMENTS: readonly string[] = [
  "README.md",
  "examples/README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md") && name !== MADE)
    .sort()
    .map((name) => `docs/${name}`),
];

export const BLOCKS: readonly Block[] = DOCUMENTS.flatMap((document) =>
  blocksOf(document, readFileSync(join(ROOT, document), "utf8")),
);

/** @throws Error when a fence is not closed */
export function blocksOf(document: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: (Omit<Block, "text"> & { readonly fence: string; readonly lines: string[] }) | null =
    null;
  for (const [index, line] of text.split("\n").entries()) {
    const [, fence, kind = ""] = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(line) ?? [];
    if (open === null && fence !== undefined) {
      open = { document, line: index + 1, kind, fence, lines: [] };
    } else if (open !== null && fence === open.fence && kind === "") {
      blocks.push({ document, line: open.line, kind: open.kind, text: open.lines.join("\n") });
      open = null;
    } else {
      open?.lines.push(line);
    }
  }
  if (open !== null) {
    throw new Error(`${document}:${open.line}: the block has no end`);
  }
  return blocks;
}

/** Where a block stands, for messages. */
export function placeOf({ document, line }: Block): string {
  return `${document}:${line}`;
}

/** One request of an `http` block. */
export interface Request {
  readonly method: string;
  /** A path of the app, or a whole address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const REQUEST_REGEXP = /^(?:GET|HEAD|PUT|POST|DELETE) [/<h]/;

/** Requests stand one after the other: a first line, headers, an empty line, the body. */
export function requestsOf({ text }: Block): Request[] {
  const starts = text.split("\n").reduce<string[][]>((requests, line) => {
    if (REQUEST_REGEXP.test(line) || requests.length === 0) {
      requests.push([]);
    }
    requests.at(-1)?.push(line);
    return requests;
  }, []);
  return starts.map(([first = "", ...rest]) => {
    const [method = "", ...path] = first.split(" ");
    const end = rest.indexOf("");
    const headers = end === -1 ? rest : rest.slice(0, end);
    const body = end === -1 ? [] : rest.slice(end + 1);
    return {
      method,
      path: path.join(" "),
      headers: Object.fromEntries(headers.map((header) => header.split(/:\s*/, 2))),
      body: body.join("\n").trim(),
    };
  });
}
