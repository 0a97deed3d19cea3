import type { CorrelationRuleFilter, RuleProperties, SqlRuleFilter } from "@azure/service-bus";
import type { TopicRule } from "../domain/filters/topic-rules.ts";

/** A rule's filter in the words of the SDK. Correlation filters hold texts only: the SDK makes doubles of all numbers. */
export function filterOf(rule: TopicRule): CorrelationRuleFilter | SqlRuleFilter {
  return rule.kind === "correlation"
    ? { applicationProperties: { ...rule.properties } }
    : { sqlExpression: rule.expression, sqlParameters: { ...rule.parameters } };
}

/** @returns null for a rule that Waybill never makes: it has an action, or asks for other things */
export function ruleOf({
  filter,
  action,
}: Pick<RuleProperties, "filter" | "action">): TopicRule | null {
  if (action.sqlExpression !== undefined) {
    return null;
  }
  if ("sqlExpression" in filter) {
    const { sqlExpression: expression = "", sqlParameters = {} } = filter;
    const parameters: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(sqlParameters)) {
      if (typeof value !== "string" && typeof value !== "number") {
        return null;
      }
      parameters[name] = value;
    }
    return { kind: "sql", expression, parameters };
  }
  return correlationOf(filter as CorrelationRuleFilter);
}

function correlationOf(filter: CorrelationRuleFilter): TopicRule | null {
  const { applicationProperties = {}, ...system } = filter;
  const asksForMore = Object.values(system).some((value) => value !== undefined && value !== "");
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(applicationProperties)) {
    if (typeof value !== "string") {
      return null;
    }
    properties[name] = value;
  }
  return asksForMore ? null : { kind: "correlation", properties };
}
