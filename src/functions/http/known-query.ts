import { AppError } from "../../domain/errors.ts";
import { quotedList } from "../../domain/values/quoted-list.ts";
import type { Operation } from "../openapi/operation.ts";

/** What gateways, caches and the platform put into addresses on the way. */
const OF_OTHERS = ["code", "subscription-key", "api-version", "_"];

/**
 * Refuses a query parameter that nobody reads: it is misspelled, and would change nothing without a word.
 *
 * @param names in lower case
 * @throws AppError `request-invalid`
 */
export type RequireKnownQuery = (functionName: string, names: Iterable<string>) => void;

/** @param operations of the API; those of partners read over others, as Dynamics does: its clients send them */
export function knownQuery(operations: readonly Operation[]): RequireKnownQuery {
  const parameters = knownNames(operations);
  return (functionName, names) => requireKnown(parameters.get(functionName), names);
}

/** @param known undefined for a function that reads over others */
function requireKnown(known: ReadonlySet<string> | undefined, names: Iterable<string>): void {
  const unknown = [...names].filter(
    (name) => known?.has(name) === false && !OF_OTHERS.includes(name),
  );
  if (known !== undefined && unknown.length > 0) {
    const there = known.size === 0 ? "there are none here" : `there are ${quotedList([...known])}`;
    throw new AppError(
      "request-invalid",
      `Cannot read the request: nobody knows the query parameter ${quotedList(unknown)}; ${there}`,
    );
  }
}

/**
 * Query parameters of the operators' functions, in lower case. A function may have several descriptions:
 * `definitions-list` is `definitions-list-exports` and others.
 */
function knownNames(operations: readonly Operation[]): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  for (const { id, query } of operations.filter(({ caller }) => caller === "operator")) {
    const names = Object.keys(query?.shape ?? {}).map((name) => name.toLowerCase());
    for (let name = id; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf("-")))) {
      known.set(name, new Set([...(known.get(name) ?? []), ...names]));
    }
  }
  return known;
}
