import type { FilterExpression, Literal } from "../../../src/domain/filters/filter-expression.ts";
import { RESERVED_WORDS } from "../../../src/domain/filters/filter-words.ts";

/** A name that needs no quotes, but for reserved words. */
const IDENTIFIER_REGEXP = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** Writes a filter so that `parseFilter` reads the same expression. */
export function printFilter(expression: FilterExpression): string {
  switch (expression.kind) {
    case "compare":
      return `${printName(expression.name)} ${expression.operator} ${printLiteral(expression.literal)}`;
    case "in":
      return `${printName(expression.name)} in (${expression.literals.map(printLiteral).join(",")})`;
    case "text":
      return `${expression.function}(${printName(expression.name)},${printText(expression.text)})`;
    case "not":
      return `not ${printOperand(expression.operand, ["text", "not"])}`;
    default: {
      const bare: Kind[] = ["compare", "in", "text", "not"];
      return expression.operands
        .map((operand) => printOperand(operand, bare))
        .join(` ${expression.kind} `);
    }
  }
}

type Kind = FilterExpression["kind"];

function printOperand(operand: FilterExpression, bare: readonly Kind[]): string {
  const printed = printFilter(operand);
  return bare.includes(operand.kind) ? printed : `(${printed})`;
}

function printName(name: string): string {
  return IDENTIFIER_REGEXP.test(name) && !RESERVED_WORDS.has(name)
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}

function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case "null":
      return "null";
    case "string":
      return printText(literal.value);
    default:
      return String(literal.value);
  }
}

function printText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
