/** One link of a `Link` header. */
export interface Link {
  readonly target: string;
  /** By name in lower case. If a name stands twice, the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Reads a `Link` header in one pass. Targets may hold commas, and quoted texts may hold any character.
 *
 * @throws SyntaxError when the header cannot be read to its end
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function parseLinkHeader(header: string): Link[] {
  const links: Link[] = [];
  const reader = textReader(header);
  for (;;) {
    reader.skip(" \t,");
    if (reader.isAtEnd()) {
      return links;
    }
    links.push(readLink(reader));
    reader.skip(" \t");
    if (!reader.isAtEnd() && !reader.take(",")) {
      throw new SyntaxError(`a comma is missing at character ${reader.at()}`);
    }
  }
}

function readLink(reader: TextReader): Link {
  if (!reader.take("<")) {
    throw new SyntaxError(`a link does not begin with < at character ${reader.at()}`);
  }
  const target = reader.until(">");
  reader.take(">");
  const parameters = new Map<string, string>();
  for (;;) {
    reader.skip(" \t");
    if (!reader.take(";")) {
      return { target: target.trim(), parameters };
    }
    reader.skip(" \t");
    const name = reader.token().toLowerCase();
    reader.skip(" \t");
    const value = reader.take("=") ? readValue(reader) : "";
    if (name !== "" && !parameters.has(name)) {
      parameters.set(name, value);
    }
  }
}

function readValue(reader: TextReader): string {
  reader.skip(" \t");
  return reader.take('"') ? reader.quoted() : reader.token();
}

interface TextReader {
  at(): number;
  isAtEnd(): boolean;
  /** Skips all of these characters. */
  skip(characters: string): void;
  /** Skips this character, if it is next. @returns whether it was next */
  take(character: string): boolean;
  /** Takes the text before this character. @throws SyntaxError when the character does not come */
  until(character: string): string;
  /** Takes the text before the next space, comma, semicolon or equals sign. */
  token(): string;
  /** Takes the rest of a quoted text after its first quote. @throws SyntaxError when the text does not end */
  quoted(): string;
}

function textReader(text: string): TextReader {
  let at = 0;
  const takeWhile = (isPart: (character: string) => boolean): string => {
    const from = at;
    while (at < text.length && isPart(text.charAt(at))) {
      at += 1;
    }
    return text.slice(from, at);
  };
  return {
    at: () => at,
    isAtEnd: () => at === text.length,
    skip: (characters) => {
      takeWhile((character) => characters.includes(character));
    },
    take: (character) => {
      const isNext = text.startsWith(character, at);
      at += isNext ? character.length : 0;
      return isNext;
    },
    until: (character) => {
      const end = text.indexOf(character, at);
      if (end === -1) {
        throw new SyntaxError(`${character} is missing after character ${at}`);
      }
      const before = text.slice(at, end);
      at = end;
      return before;
    },
    token: () => takeWhile((character) => !' \t,;="'.includes(character)),
    quoted: () => {
      let value = "";
      for (; at < text.length; at += 1) {
        if (text[at] === '"') {
          at += 1;
          return value;
        }
        at += text[at] === "\\" ? 1 : 0;
        value += text[at] ?? "";
      }
      throw new SyntaxError("a quoted text does not end");
    },
  };
}
