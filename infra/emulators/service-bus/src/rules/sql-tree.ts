import type { AmqpValue } from "../broker/types.ts";
import type { SystemProperty } from "./system-property.ts";

/** A property of the message, by a name written in the SQL text. */
export type Property =
  | { readonly kind: "system"; readonly property: SystemProperty }
  | { readonly kind: "application"; readonly name: string };

/** An expression with a value; the null value stands for "unknown". */
export type Value =
  | Property
  | { readonly kind: "constant"; readonly value: AmqpValue }
  /** `property(name)`: the application property of a computed name. */
  | { readonly kind: "computed"; readonly name: Value }
  | { readonly kind: "newid" }
  | { readonly kind: "sign"; readonly operator: "+" | "-"; readonly operand: Value }
  | {
      readonly kind: "arithmetic";
      readonly operator: ArithmeticOperator;
      readonly left: Value;
      readonly right: Value;
    };

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";
export type ComparisonOperator = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** An expression that is true, false or unknown. */
export type Predicate =
  | {
      readonly kind: "compare";
      readonly operator: ComparisonOperator;
      readonly left: Value;
      readonly right: Value;
    }
  | { readonly kind: "in"; readonly value: Value; readonly list: readonly Value[] }
  | {
      readonly kind: "like";
      readonly value: Value;
      readonly pattern: Value;
      readonly escapedBy: Value | null;
    }
  | { readonly kind: "is-null"; readonly value: Value }
  | { readonly kind: "exists"; readonly property: Property }
  | { readonly kind: "not"; readonly operand: Predicate }
  | { readonly kind: "and" | "or"; readonly left: Predicate; readonly right: Predicate };

export type Statement =
  | { readonly kind: "set"; readonly property: Property; readonly value: Value }
  | { readonly kind: "remove"; readonly property: Property };

export type Node = Predicate | Value;

const PREDICATE_KINDS: ReadonlySet<string> = new Set<Predicate["kind"]>([
  "compare",
  "in",
  "like",
  "is-null",
  "exists",
  "not",
  "and",
  "or",
]);

export const isPredicate = (node: Node): node is Predicate => PREDICATE_KINDS.has(node.kind);
