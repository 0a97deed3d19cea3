import { AppError } from "../../domain/errors.ts";
import { quotedList } from "../../domain/values/quoted-list.ts";
import { OPERATIONS } from "../openapi/document.ts";

/** What gateways, caches and the platform put into addresses on the way. */
const OF_OTHERS = ["code", "subscription-key", "api-version", "_"];

/**
 * Query parameters of the operators' functions, in lower case, as the API's description has them. Those of partners read
 * over others, as Dynamics does: its clients send them.
 */
const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = knownNames();

/**
 * Refuses a query parameter that nobody reads: it is misspelled, and would change nothing without a word.
 *
 * @param names in lower case
 * @throws AppError `request-invalid`
 */
export function requireKnownQuery(functionName: string, names: Iterable<string>): void {
  const known = KNOWN.get(functionName);
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

/** A function may have several descriptions: `definitions-list` is `definitions-list-exports` and others. */
function knownNames(): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  for (const { id, query } of OPERATIONS.filter(({ caller }) => caller === "operator")) {
    const names = Object.keys(query?.shape ?? {}).map((name) => name.toLowerCase());
    for (let name = id; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf("-")))) {
      known.set(name, new Set([...(known.get(name) ?? []), ...names]));
    }
  }
  return known;
}
