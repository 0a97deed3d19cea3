import fc from "fast-check";
import type { GivenCell } from "../../src/formats/rows.ts";
import { manifestPackage } from "./manifest-package.ts";

/** Columns of the target beside its key `no`. */
export const COLUMNS = ["a", "b", "c"] as const;
export type ColumnName = (typeof COLUMNS)[number];

export interface GivenFileRow {
  readonly no: string;
  /** Undefined: this row does not mention it. */
  readonly cells: Readonly<Record<ColumnName, GivenCell>>;
}

/** A file that mentions some columns of a table, and the import that reads it. */
export interface GivenFile {
  readonly format: (typeof FORMATS)[number];
  readonly mode: "upsert" | "insert";
  /** How the file spells each column; null: it never mentions it. */
  readonly spellings: Readonly<Record<ColumnName, string | null>>;
  readonly optional: Readonly<Record<ColumnName, boolean>>;
  readonly rows: readonly GivenFileRow[];
}

/** Those above `json` name their columns once. */
export const FORMATS = [
  ...["csv", "csv-layout", "fixed-width", "package-csv"],
  ...["json", "json-wrapped", "jsonl", "xml", "xml-attributes", "xml-lines", "package-xml"],
] as const;

export function namesItsColumnsOnce(format: GivenFile["format"]): boolean {
  return FORMATS.indexOf(format) < FORMATS.indexOf("json");
}

const value = fc.string({ unit: fc.constantFrom("x", "y", "7"), minLength: 1, maxLength: 3 });
const record = <Value>(of: (name: ColumnName) => fc.Arbitrary<Value>) =>
  fc.record({ a: of("a"), b: of("b"), c: of("c") });

export const givenFile: fc.Arbitrary<GivenFile> = fc
  .record({
    format: fc.constantFrom(...FORMATS),
    mode: fc.constantFrom("upsert" as const, "insert" as const),
    spellings: record((name) => fc.constantFrom(name, name.toUpperCase(), null)),
    optional: record(() => fc.boolean()),
    rows: fc.array(
      fc.record({
        no: fc.constantFrom("1", "2", "3", "4", "5"),
        cells: record(() => fc.oneof(value, fc.constantFrom(null, undefined))),
      }),
      { maxLength: 8 },
    ),
  })
  .map((file) => ({ ...file, rows: file.rows.map((row) => rowAsWritten(file, row)) }));

/** A row in the form that the file's format can hold. */
function rowAsWritten(
  { format, spellings }: Pick<GivenFile, "format" | "spellings">,
  { no, cells }: GivenFileRow,
): GivenFileRow {
  const written = COLUMNS.map((name): [ColumnName, GivenCell] => {
    const cell = cells[name];
    if (spellings[name] === null) {
      return [name, undefined];
    }
    if (namesItsColumnsOnce(format)) {
      return [name, cell ?? null];
    }
    return [name, format === "xml-attributes" ? (cell ?? undefined) : cell];
  });
  return { no, cells: Object.fromEntries(written) as unknown as GivenFileRow["cells"] };
}

/** The format as an import's definition has it. */
export function formatOf({ format, spellings }: GivenFile): object {
  const names = ["no", ...COLUMNS.flatMap((name) => spellings[name] ?? [])];
  switch (format) {
    case "csv":
      return { kind: "csv" };
    case "csv-layout":
      return { kind: "csv", header: false, columns: names };
    case "fixed-width":
      return {
        kind: "fixed-width",
        columns: names.map((name, index) => ({ name, start: 1 + 4 * index, length: 4 })),
      };
    case "json":
      return { kind: "json" };
    case "json-wrapped":
      return { kind: "json", rowsAt: "value" };
    case "jsonl":
      return { kind: "jsonl" };
    case "xml-lines":
      return { kind: "xml-lines" };
    case "package-csv":
    case "package-xml":
      return { kind: "package" };
    default:
      return { kind: "xml", values: format === "xml" ? "elements" : "attributes" };
  }
}

export function textOf(file: GivenFile): Buffer {
  const { format } = file;
  const rows = file.rows.map((row) => fieldsOf(file, row));
  switch (format) {
    case "json":
      return Buffer.from(JSON.stringify(rows.map(Object.fromEntries)));
    case "json-wrapped":
      return Buffer.from(JSON.stringify({ value: rows.map(Object.fromEntries) }));
    case "jsonl":
      return Buffer.from(lines(rows.map((row) => JSON.stringify(Object.fromEntries(row)))));
    case "xml":
    case "xml-attributes":
      return Buffer.from(`<rows>${rows.map((row) => element(format, row)).join("")}</rows>`);
    case "xml-lines":
      return Buffer.from(lines(rows.map((row) => element(format, row))));
    case "package-xml": {
      const content = `<rows>${rows.map((row) => element(format, row)).join("")}</rows>`;
      return manifestPackage({
        Items: { content, sourceFormat: "XML-Element", maps: { no: "NO" } },
      });
    }
    case "package-csv":
      return manifestPackage({ Items: { content: csv(file, true), maps: { no: "NO" } } });
    case "fixed-width":
      return Buffer.from(
        lines(rows.map((row) => row.map(([, cell]) => (cell ?? "").padEnd(4)).join(""))),
      );
    default:
      return Buffer.from(csv(file, format === "csv"));
  }
}

type Fields = [name: string, cell: string | null][];

function fieldsOf({ spellings }: GivenFile, { no, cells }: GivenFileRow): Fields {
  const fields = COLUMNS.flatMap((name): Fields => {
    const [spelling, cell] = [spellings[name], cells[name]];
    return spelling === null || cell === undefined ? [] : [[spelling, cell]];
  });
  return [["no", no], ...fields];
}

function csv(file: GivenFile, header: boolean): string {
  const names = ["no", ...COLUMNS.flatMap((name) => file.spellings[name] ?? [])];
  const rows = file.rows.map((row) => fieldsOf(file, row).map(([, cell]) => cell ?? ""));
  return lines([...(header ? [names] : []), ...rows].map((row) => row.join(",")));
}

function element(format: GivenFile["format"], fields: Fields): string {
  if (format === "xml-attributes") {
    return `<r ${fields.map(([name, cell]) => `${name}="${cell}"`).join(" ")}/>`;
  }
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const children = fields.map(([name, cell]) =>
    cell === null ? `<${name} xsi:nil="true"/>` : `<${name}>${cell}</${name}>`,
  );
  return `<r ${xsi}>${children.join("")}</r>`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
