import type { RowFailure } from "../../../domain/target.ts";
import { quotedList } from "../../../domain/values/quoted-list.ts";
import { shortened } from "../../../formats/shortened.ts";
import { type NumberedRow, shownValue } from "../../refused-row.ts";
import { tableParts } from "../names.ts";
import { expectation, partnerExpectation } from "./expectation.ts";
import type { WritePlan } from "./insert.ts";
import type { UnwritableCell } from "./target-cells.ts";
import { RAISED } from "./target-errors.ts";
import type { Rule, TargetColumn } from "./target-table.ts";
import type { RefusedByServer } from "./write-each.ts";

/** The failure of a row whose problem was found before PostgreSQL saw it. */
export function cellFailure(
  { columns }: WritePlan,
  { number, cells }: NumberedRow,
  { index, because, stored }: UnwritableCell,
): RowFailure {
  const column = columns[index] as TargetColumn;
  return {
    row: number,
    field: column.name,
    value: shownValue(cells[index] ?? null),
    reason: (because ?? expectation(column.type)) + storedAs(stored),
    ...toldOtherwise(because === null ? partnerExpectation(column.type) : undefined),
  };
}

function storedAs(stored: string | undefined): string {
  return stored === undefined ? "" : `; it would be stored as ${shortened(stored, 60)}`;
}

/** The failure of a row that PostgreSQL refused, in words that help the author of the file. */
export function serverFailure(
  plan: WritePlan,
  { number, cells }: NumberedRow,
  refused: RefusedByServer,
): RowFailure {
  const { fields, reason, partnerReason } = explained(plan, refused);
  const known = fields.filter((name) => plan.columns.some((column) => column.name === name));
  const values = known.map((name) => cells[plan.columns.findIndex((each) => each.name === name)]);
  return {
    row: number,
    field: known.length === 1 ? (known[0] ?? null) : null,
    value: shownValue(
      values.length > 1 ? values.map((value) => value ?? "").join(", ") : (values[0] ?? null),
    ),
    reason,
    ...toldOtherwise(partnerReason),
  };
}

function toldOtherwise(partnerReason: string | undefined): Pick<RowFailure, "partnerReason"> {
  return partnerReason === undefined ? {} : { partnerReason };
}

interface Explained {
  /** Columns at fault. */
  readonly fields: readonly string[];
  readonly reason: string;
  /** Reason without names of tables, rules and types; undefined where `reason` has none. */
  readonly partnerReason?: string | undefined;
}

const NOT_NULL = "23502";

function explained(plan: WritePlan, refused: RefusedByServer): Explained {
  const { state, field, column, rule, message } = refused;
  const read = field === null ? undefined : plan.columns[field];
  const broken = rule === "" ? undefined : plan.table.rules.get(rule);
  if (broken !== undefined) {
    return brokenRule(plan, { name: rule, ...broken }, read);
  }
  if (state === NOT_NULL) {
    const empty = read?.name ?? column;
    return { fields: empty === "" ? [] : [empty], reason: "must have a value" };
  }
  if (read !== undefined) {
    const expected = expectation(read.type);
    const isVague = expected.endsWith(read.type.sql);
    return {
      fields: [read.name],
      reason: isVague ? `${expected} (${oneLine(message)})` : expected,
      partnerReason: partnerExpectation(read.type),
    };
  }
  if (state === RAISED) {
    return { fields: [], ...raised(plan, oneLine(message), refused) };
  }
  return {
    fields: [],
    reason: `is refused by the database: ${oneLine(message)}`,
    partnerReason: "is refused by the target; ask the operator, who sees the reason",
  };
}

/** The text of a trigger is meant for the row's author, unless it names something of the database. */
function raised(
  { table }: WritePlan,
  text: string,
  { namesInside }: RefusedByServer,
): Omit<Explained, "fields"> {
  const names = [table.schema, tableParts(table.name)[1]].map((name) => name.toLowerCase());
  const lowerCase = text.toLowerCase();
  return namesInside || names.some((name) => lowerCase.includes(name))
    ? { reason: text, partnerReason: "is refused by a rule of the target" }
    : { reason: text };
}

/** @param read the column whose value was being read, when the check of a domain failed */
function brokenRule(
  plan: WritePlan,
  rule: Rule & { readonly name: string },
  read: TargetColumn | undefined,
): Explained {
  const { columns, detail, name } = rule;
  switch (rule.kind) {
    case "unique":
      return {
        fields: columns,
        reason:
          columns.length > 0
            ? `must be unique: a row with the same ${quotedList(columns)} is there already`
            : `must be unique: a row that is equal by "${name}" is there already`,
        partnerReason:
          columns.length > 0 ? undefined : "must be unique: an equal row is there already",
      };
    case "foreign":
      return {
        fields: columns,
        reason: `must be there already in ${detail}: no row has the same ${quotedList(columns)}`,
        partnerReason: `must be there already: no row has the same ${quotedList(columns)}`,
      };
    case "exclusion":
      return {
        fields: columns,
        reason: `must not clash with another row, by the rule "${name}"`,
        partnerReason: "must not clash with another row",
      };
    case "check":
      return {
        fields: read === undefined ? columns : [read.name],
        reason: `must keep the rule "${name}": ${condition(detail)}`,
        partnerReason: partnerCondition(plan, condition(detail)),
      };
  }
}

const LITERAL_REGEXP = /'(?:[^']|'')*'/g;
const WORD_REGEXP = /"[^"]+"|[\p{L}_][\p{L}\p{N}_$]*/gu;
/** Words of conditions that do not name anything of the database. */
const KNOWN_WORDS: ReadonlySet<string> = new Set(
  `and or not is null in any all array between like true false value
  text character varying varchar numeric integer bigint smallint boolean date timestamp time with without zone double
  precision real length char_length lower upper abs btrim trim`.split(/\s+/),
);

/** A condition helps the row's author if it names only columns that the import writes. */
function partnerCondition({ columns }: WritePlan, text: string): string {
  const words = text.replace(LITERAL_REGEXP, "").match(WORD_REGEXP) ?? [];
  const names = new Set(columns.map(({ name }) => name));
  const isPlain = words.every(
    (word) => KNOWN_WORDS.has(word.toLowerCase()) || names.has(word.replaceAll('"', "")),
  );
  return isPlain ? `must keep the rule ${text}` : "must keep a rule of the target";
}

/** @param definition as the catalogue writes it: `CHECK (price >= 0) NOT VALID` */
function condition(definition: string): string {
  return oneLine(
    definition.replace(/^CHECK \(/, "").replace(/\)(?: NO INHERIT| NOT VALID| NOT ENFORCED)*$/, ""),
  );
}

const MAX_REASON_CHARACTERS = 300;

function oneLine(text: string): string {
  return shortened(text.replaceAll(/[\r\n\t]+/g, " "), MAX_REASON_CHARACTERS);
}
