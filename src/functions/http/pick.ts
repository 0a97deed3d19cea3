import type { z } from "zod";

/**
 * The value with the members that its schema names, and no others. A new member of a stored value reaches nobody until
 * a schema names it.
 *
 * It checks nothing else: a row of an earlier version is shown as it is. Instants may still be dates.
 *
 * @throws Error when the schema names a text or a number, and the value has members
 */
export function pick(schema: z.core.$ZodType, value: unknown): unknown {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (value === null || value === undefined) {
    return value;
  }
  switch (def.type) {
    case "object":
      return pickMembers(def, value);
    case "array":
      return (value as readonly unknown[]).map((item) => pick(def.element, item));
    case "record":
      return Object.fromEntries(
        Object.entries(value).map(([name, member]) => [name, pick(def.valueType, member)]),
      );
    case "union":
      return pick(optionFor(def.options, value), value);
    case "pipe":
      return pick(def.out, value);
    case "unknown":
      return value;
    default:
      // a schema that is optional, nullable or has a default wraps another one
      return "innerType" in def ? pick(def.innerType, value) : plain(value);
  }
}

/** A schema with a rest of its own (`z.looseObject`) names every member; a strict one has `never` for it. */
function pickMembers({ shape, catchall }: z.core.$ZodObjectDef, value: unknown): object {
  const isOpen = catchall !== undefined && catchall._zod.def.type !== "never";
  const members = Object.entries(value as object).flatMap(([name, member]) => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    const picked = schema === undefined ? member : pick(schema, member);
    return schema === undefined && !isOpen ? [] : [[name, picked]];
  });
  return Object.fromEntries(members);
}

function optionFor(options: readonly z.core.$ZodType[], value: unknown): z.core.$ZodType {
  const option = options.find((candidate) => fits(candidate, value));
  if (option === undefined) {
    throw new Error("No description of the answer fits it");
  }
  return option;
}

/** Whether the value has every member that the schema asks for, with the words that tell it from others. */
function fits(schema: z.core.$ZodType, value: unknown): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return isObject(value) && Object.entries(def.shape).every((one) => hasMember(value, one));
    case "array":
      return Array.isArray(value);
    case "union":
      return def.options.some((option) => fits(option, value));
    case "literal":
      return (def.values as readonly unknown[]).includes(value);
    default:
      return !isObject(value) && !Array.isArray(value);
  }
}

function hasMember(
  value: Readonly<Record<string, unknown>>,
  [name, schema]: readonly [string, z.core.$ZodType],
): boolean {
  const { def, optout } = schema._zod;
  return Object.hasOwn(value, name)
    ? def.type !== "literal" || fits(schema, value[name])
    : optout === "optional";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function plain(value: unknown): unknown {
  if (isObject(value) || Array.isArray(value)) {
    throw new Error("The answer has members where its description has none");
  }
  return value;
}
