import { AppError } from "../errors.ts";
import { compareTexts, compileFilter, ORDER_TESTS } from "../filters/evaluate.ts";
import type { Comparison, FilterExpression, Literal } from "../filters/filter-expression.ts";
import { parseFilter } from "../filters/parse-filter.ts";
import { isFamily } from "../ids.ts";
import { compareDecimals } from "../values/decimal.ts";
import { quotedList } from "../values/quoted-list.ts";

const DATES = ["date", "datetime", "local-datetime"] as const;

/** Names that a subscription's filter may use, and the literals that each can be compared with. */
const PROPERTIES: Readonly<Record<string, readonly Literal["type"][]>> = {
  blobType: ["string"],
  correlationId: ["string"],
  contentType: ["string"],
  contentEncoding: ["string"],
  entity: ["string"],
  records: ["number"],
  bytes: ["number"],
  sequence: ["number"],
  mode: ["string"],
  from: ["string", ...DATES],
  to: ["string", ...DATES],
};
const MODES = ["full", "incremental"] as const;

/**
 * Refuses a subscription's filter that no file can ever pass. Such a filter uses properties that files do not have, or
 * is false for each file type and mode.
 *
 * @throws AppError `filter-invalid`
 */
export function requirePassable(fileTypes: readonly string[], filter: string): void {
  const expression = parseFilter(filter);
  const [wrong] = comparisonsOf(expression).flatMap(problemOf);
  if (wrong !== undefined) {
    throw new AppError("filter-invalid", `Cannot filter files so: it ${wrong}`);
  }
  const passes = compileFilter<Known>(expression, {
    compare: (name, operator, literal) => {
      if (literal.type === "number") {
        const verdict = verdictOnNumber({ operator, literal });
        return () => verdict;
      }
      return literal.type === "null" || !isKnown(name)
        ? () => null
        : (known) => {
            const value = known[name];
            return value === null
              ? null
              : ORDER_TESTS[operator](compareTexts(value, String(literal.value)));
          };
    },
    text: (name, matches) => (known) => {
      const value = isKnown(name) ? known[name] : null;
      return value === null ? null : matches(value);
    },
  });
  const nothing = fileTypes.every((pattern) =>
    MODES.every((mode) => {
      const blobType = isFamily(pattern) ? null : pattern;
      return passes({ blobType, mode }) === false;
    }),
  );
  if (nothing) {
    throw new AppError(
      "filter-invalid",
      "Cannot filter files so: no file of these file types passes",
    );
  }
}

/** Facts about a file that are known before the file exists. */
type Known = Readonly<{ mode: string; blobType: string | null }>;

function isKnown(name: string): name is keyof Known {
  return name === "blobType" || name === "mode";
}

/** Numbers of files are never negative. @returns null when the result depends on the file */
function verdictOnNumber({
  operator,
  literal,
}: Pick<Comparison, "operator"> & { literal: { value: string } }): boolean | null {
  const order = compareDecimals(literal.value, "0");
  if (order < 0) {
    return operator === "gt" || operator === "ge" || operator === "ne";
  }
  return order === 0 && (operator === "lt" || operator === "ge") ? operator === "ge" : null;
}

function problemOf({ name, literal }: { name: string; literal: Literal }): string[] {
  const literals = Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name] : undefined;
  if (literals === undefined) {
    return [`uses "${name}", which no file has; there are ${quotedList(Object.keys(PROPERTIES))}`];
  }
  return literal.type === "null" || literals.includes(literal.type)
    ? []
    : [`compares "${name}" with a ${literal.type}; it is a ${literals[0]}`];
}

/** Each name in a filter with the literal that it is compared with. */
function comparisonsOf(expression: FilterExpression): { name: string; literal: Literal }[] {
  switch (expression.kind) {
    case "compare":
      return [expression];
    case "in":
      return expression.literals.map((literal) => ({ name: expression.name, literal }));
    case "text":
      return [{ name: expression.name, literal: { type: "string", value: expression.text } }];
    case "not":
      return comparisonsOf(expression.operand);
    default:
      return expression.operands.flatMap(comparisonsOf);
  }
}
