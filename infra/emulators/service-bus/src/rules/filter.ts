import type { FilterableMessage, RuleFilter } from "../broker/types.ts";
import { decide, findKey } from "./sql-evaluation.ts";
import { parseFilter } from "./sql-parser.ts";
import { compareValues } from "./sql-value.ts";

export type CompiledFilter = (message: FilterableMessage) => boolean;

type CorrelationFilter = Extract<RuleFilter, { readonly kind: "correlation" }>;

/**
 * Every property named by the filter must be there and equal: system properties and text by each character, numbers
 * by value. A filter that names nothing takes every message.
 */
function compileCorrelation(filter: CorrelationFilter): CompiledFilter {
  const wantedSystem = Object.entries(filter.system) as [
    keyof FilterableMessage["system"],
    string,
  ][];
  const wantedApplication = [...filter.applicationProperties];
  return ({ system, applicationProperties }) =>
    wantedSystem.every(([name, wanted]) => system[name] === wanted) &&
    wantedApplication.every(([name, wanted]) => {
      const key = findKey(applicationProperties, name);
      const found = key === null ? undefined : applicationProperties.get(key);
      return found !== undefined && compareValues(found, wanted) === 0;
    });
}

/**
 * Makes a rule's filter ready to be asked about messages.
 *
 * @returns a predicate that never throws: a SQL filter that is "unknown" for a message does not take it
 * @throws SqlSyntaxError
 * @see https://learn.microsoft.com/azure/service-bus-messaging/topic-filters
 */
export function compileFilter(filter: RuleFilter): CompiledFilter {
  switch (filter.kind) {
    case "true":
      return () => true;
    case "false":
      return () => false;
    case "correlation":
      return compileCorrelation(filter);
    case "sql": {
      const predicate = parseFilter(filter.expression, filter.parameters);
      return (message) => decide(predicate, message) === true;
    }
  }
}
