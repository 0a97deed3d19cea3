/** Whether a route value is acceptable. */
export type RouteConstraint = (value: string) => boolean;

const INT32_MAX = 2n ** 31n - 1n;
const INT64_MAX = 2n ** 63n - 1n;

const INTEGER_REGEXP = /^\s*[+-]?\d+\s*$/;
const DECIMAL_REGEXP = /^\s*[+-]?(?=[\d.]*\d)[\d,]*\.?\d*\s*$/;
const DOUBLE_REGEXP = /^\s*[+-]?(?=[\d.]*\d)[\d,]*\.?\d*(?:e[+-]?\d+)?\s*$/i;
const GUID_REGEXP =
  /^\s*(?:[\da-f]{32}|(?<open>[{(]?)[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?<close>[})]?))\s*$/i;

/**
 * Makes the check for one inline constraint, such as `int`, `length(2,5)` or `regex(^a)`.
 *
 * @param args the text between the parentheses; null without parentheses
 * @throws Error for a name that does not exist or arguments that do not fit
 * @see https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
 */
export function routeConstraint(name: string, args: string | null): RouteConstraint {
  const constraint = args === null ? withoutArguments(name) : withArguments(name, args);
  if (constraint === null) {
    const written = args === null ? name : `${name}(${args})`;
    throw new Error(`there is no route constraint "${written}"`);
  }
  return constraint;
}

function withoutArguments(name: string): RouteConstraint | null {
  switch (name.toLowerCase()) {
    case "int":
      return (value) => isInteger(value, INT32_MAX);
    case "long":
      return (value) => isInteger(value, INT64_MAX);
    case "bool":
      return (value) => /^\s*(?:true|false)\s*$/i.test(value);
    case "datetime":
      return (value) => !Number.isNaN(Date.parse(value));
    case "decimal":
      return (value) => DECIMAL_REGEXP.test(value);
    case "double":
    case "float":
      return (value) => DOUBLE_REGEXP.test(value);
    case "guid":
      return isGuid;
    case "alpha":
      return (value) => /^[a-z]*$/i.test(value);
    case "required":
      return (value) => value !== "";
    case "file":
      return isFileName;
    case "nonfile":
      return (value) => !isFileName(value);
    default:
      return null;
  }
}

function withArguments(name: string, args: string): RouteConstraint | null {
  if (name.toLowerCase() === "regex") {
    // Not anchored: the platform searches the pattern anywhere in the value, ignoring case.
    const pattern = new RegExp(args, "i");
    return (value) => pattern.test(value);
  }
  const numbers = args.split(",").map((each) => each.trim());
  if (!numbers.every((each) => /^-?\d+$/.test(each))) {
    return null;
  }
  const [first = 0n, second] = numbers.map(BigInt);
  switch (`${name.toLowerCase()}/${numbers.length}`) {
    case "minlength/1":
      return (value) => BigInt(value.length) >= first;
    case "maxlength/1":
      return (value) => BigInt(value.length) <= first;
    case "length/1":
      return (value) => BigInt(value.length) === first;
    case "length/2":
      return (value) => BigInt(value.length) >= first && BigInt(value.length) <= (second ?? first);
    case "min/1":
      return (value) => isInteger(value, INT64_MAX) && toBigInt(value) >= first;
    case "max/1":
      return (value) => isInteger(value, INT64_MAX) && toBigInt(value) <= first;
    case "range/2":
      return (value) =>
        isInteger(value, INT64_MAX) &&
        toBigInt(value) >= first &&
        toBigInt(value) <= (second ?? first);
    default:
      return null;
  }
}

function isInteger(value: string, max: bigint): boolean {
  if (!INTEGER_REGEXP.test(value)) {
    return false;
  }
  const number = toBigInt(value);
  return number <= max && number >= -max - 1n;
}

function toBigInt(text: string): bigint {
  return BigInt(text.trim().replace(/^\+/, ""));
}

function isGuid(value: string): boolean {
  const match = GUID_REGEXP.exec(value);
  const brackets = `${match?.groups?.open ?? ""}${match?.groups?.close ?? ""}`;
  return match !== null && ["", "{}", "()"].includes(brackets);
}

/** The last part has a dot that is not at its end. */
function isFileName(value: string): boolean {
  return /\.[^./]+$/.test(value);
}
