import { randomUUID } from "node:crypto";
import type { AmqpValue, ApplicationProperties, FilterableMessage } from "../broker/types.ts";
import { matchesLike } from "./sql-like.ts";
import type { ComparisonOperator, Predicate, Value } from "./sql-tree.ts";
import { calculate, compareValues, isOrdered, isText } from "./sql-value.ts";
import { NULL } from "./system-property.ts";

/** Three-valued logic: null is "unknown". */
export type Truth = boolean | null;

type PredicateOf<Kind> = Extract<Predicate, { readonly kind: Kind }>;

/** The property's key in its own spelling, because names in SQL ignore case; null when there is none. */
export function findKey(properties: ApplicationProperties, name: string): string | null {
  if (properties.has(name)) {
    return name;
  }
  const wanted = name.toLowerCase();
  for (const key of properties.keys()) {
    if (key.toLowerCase() === wanted) {
      return key;
    }
  }
  return null;
}

function applicationProperty(
  { applicationProperties }: FilterableMessage,
  name: string,
): AmqpValue {
  const key = findKey(applicationProperties, name);
  return (key === null ? undefined : applicationProperties.get(key)) ?? NULL;
}

/** Computes a value. A value that cannot be computed is null, so this never throws. */
export function evaluate(value: Value, message: FilterableMessage): AmqpValue {
  switch (value.kind) {
    case "constant":
      return value.value;
    case "application":
      return applicationProperty(message, value.name);
    case "system":
      return value.property.read(message);
    case "computed": {
      const name = evaluate(value.name, message);
      return isText(name) ? applicationProperty(message, name.value) : NULL;
    }
    case "newid":
      return { type: "uuid", value: randomUUID() };
    case "sign": {
      const zero: AmqpValue = { type: "long", value: 0n };
      const operand = evaluate(value.operand, message);
      return isText(operand) ? NULL : calculate(value.operator, zero, operand);
    }
    case "arithmetic": {
      const left = evaluate(value.left, message);
      return calculate(value.operator, left, evaluate(value.right, message));
    }
  }
}

function compare(operator: ComparisonOperator, left: AmqpValue, right: AmqpValue): Truth {
  const order = compareValues(left, right);
  if (order === null) {
    return null;
  }
  if (operator === "=" || operator === "!=") {
    return (order === 0) === (operator === "=");
  }
  if (!isOrdered(left)) {
    return null;
  }
  const holds = { "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 };
  return holds[operator];
}

const not = (truth: Truth): Truth => (truth === null ? null : !truth);

/** `decisive` wins; otherwise the result is unknown if any is unknown. */
function connect(truths: Iterable<Truth>, decisive: boolean): Truth {
  let result: Truth = !decisive;
  for (const truth of truths) {
    if (truth === decisive) {
      return decisive;
    }
    result = truth === null ? null : result;
  }
  return result;
}

function isIn({ value, list }: PredicateOf<"in">, message: FilterableMessage): Truth {
  const left = evaluate(value, message);
  return connect(
    list.map((element) => compare("=", left, evaluate(element, message))),
    true,
  );
}

function isLike(
  { value, pattern, escapedBy }: PredicateOf<"like">,
  message: FilterableMessage,
): Truth {
  const text = evaluate(value, message);
  const form = evaluate(pattern, message);
  const mark = escapedBy === null ? null : evaluate(escapedBy, message);
  if (!(isText(text) && isText(form) && (mark === null || isText(mark)))) {
    return null;
  }
  return matchesLike(text.value, form.value, mark?.value ?? null);
}

/** Decides a predicate. Values that cannot be compared make it unknown, so this never throws. */
export function decide(predicate: Predicate, message: FilterableMessage): Truth {
  switch (predicate.kind) {
    case "compare": {
      const left = evaluate(predicate.left, message);
      return compare(predicate.operator, left, evaluate(predicate.right, message));
    }
    case "in":
      return isIn(predicate, message);
    case "like":
      return isLike(predicate, message);
    case "is-null":
      return evaluate(predicate.value, message).type === "null";
    case "exists":
      return predicate.property.kind === "application"
        ? findKey(message.applicationProperties, predicate.property.name) !== null
        : evaluate(predicate.property, message).type !== "null";
    case "not":
      return not(decide(predicate.operand, message));
    case "and":
    case "or": {
      const left = decide(predicate.left, message);
      return connect([left, decide(predicate.right, message)], predicate.kind === "or");
    }
  }
}
