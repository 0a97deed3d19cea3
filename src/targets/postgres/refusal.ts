import type { RowFailure } from "../../domain/target.ts";
import { quotedList } from "../../domain/values/quoted-list.ts";
import { type NumberedRow, shortened, shownValue } from "../refused-row.ts";
import type { CellProblem } from "./cells.ts";
import { expectation } from "./expectation.ts";
import type { WritePlan } from "./insert.ts";
import type { Rule, TableColumn } from "./table.ts";
import type { RefusedByServer } from "./write-each.ts";

/** Puts a problem that was found before PostgreSQL saw the row into words. */
export function cellFailure(
  { columns }: WritePlan,
  { number, cells }: NumberedRow,
  { index, because }: CellProblem,
): RowFailure {
  const column = columns[index] as TableColumn;
  return {
    row: number,
    field: column.name,
    value: shownValue(cells[index] ?? null),
    reason: because ?? expectation(column.type),
  };
}

/** Puts a refusal by PostgreSQL into words that whoever made the file can act on. */
export function serverFailure(
  plan: WritePlan,
  { number, cells }: NumberedRow,
  refused: RefusedByServer,
): RowFailure {
  const { fields, reason } = explained(plan, refused);
  const known = fields.filter((name) => plan.columns.some((column) => column.name === name));
  const values = known.map((name) => cells[plan.columns.findIndex((each) => each.name === name)]);
  return {
    row: number,
    field: known.length === 1 ? (known[0] ?? null) : null,
    value: shownValue(
      values.length > 1 ? values.map((value) => value ?? "").join(", ") : (values[0] ?? null),
    ),
    reason,
  };
}

interface Explained {
  /** Columns that are to blame. */
  readonly fields: readonly string[];
  readonly reason: string;
}

const NOT_NULL = "23502";
const RAISED = "P0001";

function explained(plan: WritePlan, refused: RefusedByServer): Explained {
  const { state, field, column, rule, message } = refused;
  const read = field === null ? undefined : plan.columns[field];
  const broken = rule === "" ? undefined : plan.table.rules.get(rule);
  if (broken !== undefined) {
    return brokenRule(broken, rule, read);
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
    };
  }
  return {
    fields: [],
    reason: state === RAISED ? oneLine(message) : `is refused by the database: ${oneLine(message)}`,
  };
}

/** @param read the column whose value was being read, when it was the check of a domain that failed */
function brokenRule(rule: Rule, name: string, read: TableColumn | undefined): Explained {
  const { columns, detail } = rule;
  switch (rule.kind) {
    case "unique":
      return {
        fields: columns,
        reason:
          columns.length > 0
            ? `must be unique: a row with the same ${quotedList(columns)} is there already`
            : `must be unique: a row that is the same by "${name}" is there already`,
      };
    case "foreign":
      return {
        fields: columns,
        reason: `must be there already in ${detail}: no row has the same ${quotedList(columns)}`,
      };
    case "exclusion":
      return { fields: columns, reason: `must not clash with another row, by the rule "${name}"` };
    case "check":
      return {
        fields: read === undefined ? columns : [read.name],
        reason: `must keep the rule "${name}": ${condition(detail)}`,
      };
  }
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
