import type { FilterableMessage, RuleFilter } from "../broker/types.ts";
import { decide, findKey } from "./sql-evaluation.ts";
import { parseFilter } from "./sql-parser.ts";
import { compareValues } from "./sql-value.ts";

export type CompiledFilter = (message: FilterableMessage) => boolean;

type CorrelationFilter = Extract<RuleFilter, { readonly kind: "correlation" }>;

/**
 * Every property in the filter must exist and be equal: system properties and text by each character, numbers by value.
 * A filter without properties takes every message.
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
 * Compiles a rule's filter.
 *
 * @returns a predicate that never throws; a message for which a SQL filter is "unknown" is not taken
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
