import { parseAddress } from "../broker/address.ts";
import { BrokerError } from "../broker/errors.ts";
import type {
  AmqpValue,
  CorrelationProperties,
  Entities,
  Entity,
  RuleConfig,
  RuleFilter,
} from "../broker/types.ts";
import { mapOf } from "../message/message.ts";
import {
  bodyOf,
  integerOrNull,
  mapValue,
  type RequestBody,
  textIn,
  textOrNull,
} from "./amqp-body.ts";
import type { ManagementCall, Operation } from "./amqp-operation.ts";

export const RULE_OPERATIONS: Readonly<Record<string, Operation>> = {
  "add-rule": (call) => {
    const description = mapIn(call.body, "rule-description");
    rulesOf(call).create({
      name: textIn(call.body, "rule-name"),
      filter: filterIn(description),
      action: actionIn(description),
    });
    return mapValue({});
  },
  "remove-rule": (call) => {
    rulesOf(call).delete(textIn(call.body, "rule-name"));
    return mapValue({});
  },
  "enumerate-rules": enumerateRules,
};

/** The fields of a correlation filter in `$management`'s names and order. */
const CORRELATION_FIELDS: readonly (readonly [string, keyof CorrelationProperties])[] = [
  ["correlation-id", "correlationId"],
  ["message-id", "messageId"],
  ["to", "to"],
  ["reply-to", "replyTo"],
  ["label", "subject"],
  ["session-id", "sessionId"],
  ["reply-to-session-id", "replyToSessionId"],
  ["content-type", "contentType"],
];

/** Descriptors of the lists that describe rules. */
const CODES = {
  rule: 0x0000_0137_0000_0004n,
  noAction: 0x0000_0137_0000_0005n,
  sqlAction: 0x0000_0137_0000_0006n,
  sql: 0x0000_0013_7000_0006n,
  true: 0x0000_0013_7000_0007n,
  false: 0x0000_0013_7000_0008n,
  correlation: 0x0000_0013_7000_0009n,
} as const;

function rulesOf({ context, entity }: ManagementCall): Entities<RuleConfig> {
  const address = parseAddress(entity);
  if (address.subscription === null) {
    throw new BrokerError("not-allowed", `"${entity}" is not a subscription: it has no rules.`);
  }
  return context.namespace.rules(address.entity, address.subscription);
}

function filterIn(description: RequestBody): RuleFilter {
  if (description.has("sql-filter")) {
    return {
      kind: "sql",
      expression: textIn(mapIn(description, "sql-filter"), "expression"),
      parameters: new Map(),
    };
  }
  const fields = mapIn(description, "correlation-filter");
  const system: { -readonly [Name in keyof CorrelationProperties]?: string } = {};
  for (const [field, name] of CORRELATION_FIELDS) {
    const text = textOrNull(fields, field);
    if (text !== null) {
      system[name] = text;
    }
  }
  return {
    kind: "correlation",
    system,
    applicationProperties: mapOf(fields.get("properties") ?? { type: "null", value: null }),
  };
}

function actionIn(description: RequestBody): RuleConfig["action"] {
  return description.has("sql-rule-action")
    ? {
        expression: textIn(mapIn(description, "sql-rule-action"), "expression"),
        parameters: new Map(),
      }
    : null;
}

function mapIn(body: RequestBody, name: string): RequestBody {
  const value = body.get(name);
  if (value === undefined) {
    throw new BrokerError("invalid-argument", `The request must have "${name}".`);
  }
  return bodyOf(value);
}

function enumerateRules(call: ManagementCall): AmqpValue | null {
  const skip = integerOrNull(call.body, "skip") ?? 0;
  const top = integerOrNull(call.body, "top") ?? Number.POSITIVE_INFINITY;
  const rules = rulesOf(call)
    .list()
    .slice(skip, skip + top);
  if (rules.length === 0) {
    return null;
  }
  return mapValue({
    rules: {
      type: "list",
      value: rules.map((rule) => mapValue({ "rule-description": ruleValue(rule) })),
    },
  });
}

function ruleValue({ config, runtime }: Entity<RuleConfig>): AmqpValue {
  return coded(CODES.rule, [
    filterValue(config.filter),
    config.action === null
      ? coded(CODES.noAction, [])
      : coded(CODES.sqlAction, [text(config.action.expression), VERSION]),
    text(config.name),
    { type: "timestamp", value: runtime.createdAt.getTime() },
  ]);
}

function filterValue(filter: RuleFilter): AmqpValue {
  switch (filter.kind) {
    case "sql":
      return coded(CODES.sql, [text(filter.expression), VERSION]);
    case "correlation":
      return coded(CODES.correlation, [
        ...CORRELATION_FIELDS.map(([, name]) => textOrNothing(filter.system[name])),
        mapValue(Object.fromEntries(filter.applicationProperties)),
      ]);
    default:
      return coded(CODES[filter.kind], []);
  }
}

/** Version of the SQL dialect. */
const VERSION: AmqpValue = { type: "int", value: 20 };

function coded(code: bigint, value: readonly AmqpValue[]): AmqpValue {
  return {
    type: "described",
    descriptor: { type: "ulong", value: code },
    value: { type: "list", value },
  };
}

function text(value: string): AmqpValue {
  return { type: "string", value };
}

function textOrNothing(value: string | undefined): AmqpValue {
  return value === undefined ? { type: "null", value: null } : text(value);
}
