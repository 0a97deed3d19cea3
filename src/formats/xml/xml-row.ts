import { type FieldTable, putCell } from "../field-table.ts";
import { RowProblem } from "../row-problem.ts";
import { maxRowLength } from "../row-reader.ts";
import type { GivenCell } from "../rows.ts";
import type { XmlLinesImport } from "../xml-lines/options.ts";
import { xmlNameText } from "./name-text.ts";
import type { XmlImport } from "./options.ts";
import type { XmlTag } from "./xml-parser.ts";

type XmlOptions = XmlImport | XmlLinesImport;

/** Builds one row after the other, from the tags and texts inside its element. */
export interface XmlRow {
  /** Starts a row with the tag of its own element. */
  start(tag: XmlTag): void;
  /** Makes the row fail, unless it has failed already. */
  refuse(problem: RowProblem): void;
  open(tag: XmlTag): void;
  text(text: string): void;
  /** Ends the innermost element. @returns whether it was the row's own */
  close(): boolean;
  /** The row's cells by the fields' indexes, with holes. @throws RowProblem */
  cells(): GivenCell[];
}

/**
 * Rows as XML elements: the reading rules that `xml` and `xml-lines` share.
 *
 * | what                              | how it is read                                                            |
 * |-----------------------------------|---------------------------------------------------------------------------|
 * | no element or attribute           | not mentioned, so that the target keeps its value                         |
 * | `<a xsi:nil="true"/>`             | null                                                                      |
 * | `<a></a>`, `<a/>`, `a=""`         | empty text                                                                |
 * | text, CDATA, character references | text; blanks are kept; line ends become LF, as XML says, unless written as references |
 * | names                             | without their prefix, escapes undone, see {@link xmlNameText}              |
 * | an element inside a value, text beside values | the row is refused                                            |
 * | a field that stands twice         | the row is refused                                                        |
 * | an unknown field; an attribute where values are elements, an element where they are attributes | as `unknownFields` says |
 */
export function xmlRow(fields: FieldTable, options: XmlOptions): XmlRow {
  const maxLength = maxRowLength(options);
  const areAttributes = options.values === "attributes";
  const row: RowState = { cells: [], problem: null, depth: 0, length: 0, value: NO_VALUE };
  const put = putCell(fields, options.maxFieldLength);
  const openValue = valueOpener(fields, options);

  return {
    start: (tag) => {
      Object.assign(row, { cells: [], problem: null, depth: 0, length: 0, value: NO_VALUE });
      attempt(row, () => {
        if (areAttributes) {
          putAttributes(tag, (name, text) => put(row.cells, fields.indexOf(name), text));
        } else if (options.unknownFields !== "ignore") {
          refuseAttributes(tag);
        }
      });
    },
    refuse: (problem) => {
      row.problem ??= problem;
    },
    open: (tag) => {
      row.depth += 1;
      if (row.depth === 1) {
        row.value = NO_VALUE;
        attempt(row, () => {
          row.value = openValue(tag);
        });
      } else if (row.value.index >= 0) {
        const field = fields.names[row.value.index] as string;
        row.problem ??= new RowProblem("holds elements", { field });
      }
    },
    text: (text) => {
      row.length += text.length;
      if (row.length > maxLength) {
        Object.assign(row, { cells: [], value: NO_VALUE });
        row.problem ??= new RowProblem(`is longer than ${maxLength} characters`);
      } else if (row.depth === 1 && row.value.index >= 0) {
        // A value that is too long already need not grow.
        row.value.text += row.value.text.length > options.maxFieldLength ? "" : text;
      } else if (row.depth === 0 && text.trim() !== "") {
        row.problem ??= new RowProblem("has text beside its values", { value: text });
      }
    },
    close: () => {
      row.depth -= 1;
      const { index, isNil, text } = row.value;
      if (row.depth === 0 && index >= 0) {
        row.value = NO_VALUE;
        attempt(row, () => put(row.cells, index, isNil && text === "" ? null : text));
      }
      return row.depth < 0;
    },
    cells: () => {
      if (row.problem !== null) {
        throw row.problem;
      }
      return row.cells;
    },
  };
}

interface RowState {
  cells: GivenCell[];
  /** The first problem only; later ones may follow from it. */
  problem: RowProblem | null;
  /** Elements that are open inside the row's own. */
  depth: number;
  /** Characters of text so far. */
  length: number;
  value: Value;
}

interface Value {
  /** -1 for a skipped field. */
  readonly index: number;
  readonly isNil: boolean;
  text: string;
}

const NO_VALUE: Value = { index: -1, isNil: false, text: "" };
const XSI = "http://www.w3.org/2001/XMLSchema-instance";
/** Attributes of these namespaces describe an element and are never values. */
const NO_VALUES: ReadonlySet<string> = new Set([
  XSI,
  "http://www.w3.org/2000/xmlns/",
  "http://www.w3.org/XML/1998/namespace",
]);

function attempt(row: RowState, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof RowProblem)) {
      throw error;
    }
    row.problem ??= error;
  }
}

function putAttributes({ attributes }: XmlTag, put: (name: string, text: string) => void): void {
  for (const { local, uri, value } of Object.values(attributes)) {
    if (!NO_VALUES.has(uri)) {
      put(xmlNameText(local), value);
    }
  }
}

function refuseAttributes({ attributes }: XmlTag): void {
  for (const name in attributes) {
    if (!NO_VALUES.has(attributes[name]?.uri ?? "")) {
      const because = "is an attribute, but values are read from elements";
      throw new RowProblem(because, { field: name });
    }
  }
}

function isNilElement({ attributes }: XmlTag): boolean {
  for (const name in attributes) {
    const { uri, local, value } = attributes[name] as XmlTag["attributes"][string];
    if (uri === XSI && local === "nil" && (value === "true" || value === "1")) {
      return true;
    }
  }
  return false;
}

function valueOpener(fields: FieldTable, options: XmlOptions): (tag: XmlTag) => Value {
  const refusesUnknown = options.unknownFields !== "ignore";
  if (options.values === "attributes") {
    return ({ local }) => {
      if (refusesUnknown) {
        const because = "is an element, but values are read from attributes";
        throw new RowProblem(because, { field: xmlNameText(local) });
      }
      return NO_VALUE;
    };
  }
  return (tag) => {
    const index = fields.indexOf(xmlNameText(tag.local));
    if (index >= 0 && refusesUnknown) {
      refuseAttributes(tag);
    }
    return { index, isNil: isNilElement(tag), text: "" };
  };
}
