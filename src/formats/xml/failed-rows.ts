import { RAW_FIELD, REASON_FIELD } from "../failed-row-fields.ts";
import type { GivenRow } from "../rows.ts";
import type { FailedRowsText } from "../text/text-reader.ts";
import type { XmlLinesImport } from "../xml-lines/options.ts";
import { xmlName } from "./element-name.ts";
import type { XmlImport } from "./options.ts";
import { xmlParser } from "./xml-parser.ts";
import { xmlNamespaces, xmlRows } from "./xml-rows.ts";
import { xmlText } from "./xml-text.ts";

type XmlOptions = XmlImport | XmlLinesImport;

const ROOT = "WaybillRows";
const TEXT = { nulls: "xsi-nil", controlCharacters: "replace" } as const;

/**
 * Failed rows as XML. Nulls are written, and fields that the row did not have are left out. Attributes cannot be null,
 * so an import whose values are attributes must declare its columns.
 */
export function failedXmlRows(options: XmlOptions, columns: readonly string[]): FailedRowsText {
  const isDocument = options.kind === "xml";
  const rowElement = options.rowElement ?? "row";
  const element =
    options.values === "attributes"
      ? attributesElement(rowElement)
      : childrenElement(rowElement, options.kind);
  const names = [REASON_FIELD, ...columns];
  const start = isDocument ? `<${ROOT}${xmlNamespaces({ kind: "xml-lines", ...TEXT })}>\n` : "";
  const end = isDocument ? `</${ROOT}>\n` : "";
  return {
    start: () => start,
    row: (values, reason) => {
      // A declaration would follow the comment, and a prefix may come from an element around the row.
      const isRaw = typeof values === "string" && !values.startsWith("<?");
      if (isRaw && isWellFormed(start + values + end)) {
        return `${comment(reason)}${values}\n`;
      }
      const row =
        values === null || typeof values === "string"
          ? element([REASON_FIELD, RAW_FIELD], [reason, values ?? ""])
          : element(names, [reason, ...values]);
      return `${row}\n`;
    },
    end: () => end,
  };
}

type Element = (names: readonly string[], cells: GivenRow) => string;

function childrenElement(rowElement: string, kind: XmlOptions["kind"]): Element {
  return (names, cells) => {
    const given = names.filter((_, index) => cells[index] !== undefined);
    const columns = given.map((name) => ({ name, type: "string" as const }));
    const options =
      kind === "xml"
        ? { kind, rootElement: ROOT, declaration: false, rowElement, ...TEXT }
        : { kind, rowElement, ...TEXT };
    return xmlRows(columns, "", options)(cells.filter((cell) => cell !== undefined));
  };
}

function attributesElement(rowElement: string): Element {
  const escaped = xmlText("attribute", { controlCharacters: "replace", oneLine: true });
  // A parser turns a tab in an attribute into a blank.
  const written = (text: string): string => escaped(text).replaceAll("\t", "&#9;");
  return (names, cells) => {
    const attributes = cells.map((cell, index) =>
      cell === null || cell === undefined
        ? ""
        : ` ${xmlName(names[index] as string)}="${written(cell)}"`,
    );
    return `<${rowElement}${attributes.join("")}/>`;
  };
}

function comment(reason: string): string {
  const allowed = xmlText("comment", { controlCharacters: "replace", oneLine: false });
  return `<!-- ${allowed(reason.replace(/-(?=-|$)/g, "- "))} -->`;
}

function isWellFormed(text: string): boolean {
  const parser = xmlParser({
    maxLength: text.length,
    checkEncoding: false,
    handlers: { open: () => undefined, close: () => undefined, text: () => undefined },
  });
  try {
    parser.write(text);
    parser.close();
    return true;
  } catch {
    return false;
  }
}
