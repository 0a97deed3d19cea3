import { AppError } from "../../domain/errors.ts";
import { quotedList } from "../../domain/values/quoted-list.ts";
import type { Door } from "./door.ts";

/** Parameters that gateways, caches and the platform add on the way. */
const OF_OTHERS = ["code", "subscription-key", "api-version", "_"];

/**
 * Refuses a query parameter that the door does not describe: it is misspelled, and would change nothing without a word.
 * Doors of partners read over others, as Dynamics does: its clients send them.
 *
 * @param names in lower case
 * @throws AppError `request-invalid`
 */
export function requireKnownQuery(
  { caller, query }: Pick<Door, "caller" | "query">,
  names: Iterable<string>,
): void {
  const known = Object.keys(query?.shape ?? {});
  const lowerCase = known.map((name) => name.toLowerCase());
  const unknown = [...names].filter(
    (name) => !lowerCase.includes(name) && !OF_OTHERS.includes(name),
  );
  if (caller === "operator" && unknown.length > 0) {
    const there = known.length === 0 ? "there are none here" : `there are ${quotedList(known)}`;
    throw new AppError(
      "request-invalid",
      `Cannot read the request: nobody knows the query parameter ${quotedList(unknown)}; ${there}`,
    );
  }
}
