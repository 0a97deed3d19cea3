import { SaxesParser, type SaxesTagNS } from "saxes";

/** Text that is not XML, or that exceeds a limit. The reason names the place. */
export class XmlProblem extends Error {
  /** @param because completes "the file ...", e.g. `has a DOCTYPE` */
  constructor(because: string, line: number) {
    super(`${because} (line ${line})`);
    this.name = "XmlProblem";
  }
}

export type XmlTag = SaxesTagNS;

export interface XmlHandlers {
  /** @param start position in all the text written; no other tag lies between it and this tag */
  open(tag: XmlTag, start: number): void;
  /** @param end position after the tag */
  close(end: number): void;
  /** Called at least once for the text between two tags. */
  text(text: string): void;
}

export interface XmlParser {
  /** @throws XmlProblem; the parser cannot be used after it */
  write(text: string): void;
  /** Ends the document. @throws XmlProblem */
  close(): void;
  /** Position in all the text written. Tags that are reported later start after it. */
  readonly settled: number;
}

interface XmlRules {
  readonly handlers: XmlHandlers;
  /** Characters of the longest text, comment or tag. */
  readonly maxLength: number;
  /** Whether a declaration that names another encoding than UTF-8 or UTF-16 is refused. */
  readonly checkEncoding: boolean;
}

export const MAX_XML_DEPTH = 200;
const MAX_ATTRIBUTES = 1_100;
const MAX_NAME_LENGTH = 1_000;
/** Characters written at once. The limit bounds how far a construct can exceed its own limit before the check. */
const PIECE_LENGTH = 65_536;
const UNICODE_NAMES: ReadonlySet<string> = new Set([
  "utf-8",
  "utf8",
  "utf-16",
  "utf-16le",
  "utf-16be",
  "us-ascii",
]);

/** Start of a saxes message about text that is not well-formed. */
const SAXES_POSITION_REGEXP = /^[0-9]+:[0-9]+: /;

/**
 * Parses XML 1.0 with namespaces, without the features that inflate a small file or reach outside of it. Refused are
 * DOCTYPE (and so all entities but the five of XML itself), processing instructions, deep nesting, and constructs that
 * do not end.
 *
 * @see https://www.w3.org/TR/xml/
 */
export function xmlParser({ handlers, maxLength, checkEncoding }: XmlRules): XmlParser {
  // With a seventh handler V8 keeps the parser's fields in a dictionary, and parsing takes four times as long.
  const parser = new SaxesParser({ xmlns: true });
  /** End of the last construct. The parser itself gathers the text after it without a limit. */
  let progressAt = 0;
  let depth = 0;
  // Text is reported once the next bracket is read.
  const settled = (): number => Math.max(progressAt - 1, 0);
  const refuse = (because: string): never => {
    throw new XmlProblem(because, parser.line);
  };

  parser.on("doctype", () => refuse("has a DOCTYPE, which is not allowed"));
  parser.on("processinginstruction", () =>
    refuse("has a processing instruction, which is not allowed"),
  );
  parser.on("opentag", (tag) => {
    depth += 1;
    const because =
      tagProblem(tag, depth) ?? (depth === 1 ? declarationProblem(parser, checkEncoding) : null);
    if (because !== null) {
      refuse(because);
    }
    handlers.open(tag, settled());
    progressAt = parser.position;
  });
  parser.on("closetag", () => {
    depth -= 1;
    handlers.close(parser.position);
    progressAt = parser.position;
  });
  const onText = (text: string): void => {
    handlers.text(text);
    progressAt = parser.position;
  };
  parser.on("text", onText);
  parser.on("cdata", onText);

  function parse(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof Error && SAXES_POSITION_REGEXP.test(error.message)) {
        const reason = error.message.replace(SAXES_POSITION_REGEXP, "").replace(/\.$/, "");
        refuse(`is not well-formed XML: ${reason}`);
      }
      throw error;
    }
  }

  return {
    write: (text) => {
      for (let from = 0; from < text.length; from += PIECE_LENGTH) {
        parse(() => parser.write(text.slice(from, from + PIECE_LENGTH)));
        if (parser.position - progressAt > maxLength + PIECE_LENGTH) {
          refuse(`has a text, comment or tag of more than ${maxLength} characters`);
        }
      }
    },
    close: () => {
      parse(() => parser.close());
      progressAt = 0;
    },
    get settled() {
      return settled();
    },
  };
}

function tagProblem({ name, attributes }: XmlTag, depth: number): string | null {
  if (depth > MAX_XML_DEPTH) {
    return `is nested more than ${MAX_XML_DEPTH} deep`;
  }
  let count = 0;
  let longest = name.length;
  for (const attribute in attributes) {
    count += 1;
    longest = Math.max(longest, attribute.length);
  }
  if (longest > MAX_NAME_LENGTH) {
    return `has a name of more than ${MAX_NAME_LENGTH} characters`;
  }
  return count > MAX_ATTRIBUTES
    ? `has an element with more than ${MAX_ATTRIBUTES} attributes`
    : null;
}

function declarationProblem({ xmlDecl }: SaxesParser, checkEncoding: boolean): string | null {
  const { version = "1.0", encoding = "utf-8" } = xmlDecl;
  if (version !== "1.0") {
    return `is XML ${version}, not 1.0`;
  }
  return checkEncoding && !UNICODE_NAMES.has(encoding.toLowerCase())
    ? `declares the encoding "${encoding.slice(0, 100)}": choose the import's encoding`
    : null;
}
