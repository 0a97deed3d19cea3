import { BrokerError } from "../broker/errors.ts";
import type {
  AmqpValue,
  ApplicationProperties,
  CorrelationProperties,
  RuleConfig,
  RuleFilter,
  SqlRuleExpression,
} from "../broker/types.ts";
import type { Form, Site } from "./atom-form.ts";
import {
  dialectOf,
  readTypedValue,
  type TypeDialect,
  writeTypedValue,
} from "./atom-typed-value.ts";
import { childOf, childrenOf, element, textIn, type XmlElement } from "./atom-xml.ts";

/** The elements of a correlation filter, in the vendor's order. */
const CORRELATION: readonly (readonly [string, keyof CorrelationProperties])[] = [
  ["CorrelationId", "correlationId"],
  ["MessageId", "messageId"],
  ["To", "to"],
  ["ReplyTo", "replyTo"],
  ["Label", "subject"],
  ["SessionId", "sessionId"],
  ["ReplyToSessionId", "replyToSessionId"],
  ["ContentType", "contentType"],
];

/** The pairs in a `Properties` or `Parameters` element. */
function readPairs(parent: XmlElement, name: string): Map<string, AmqpValue> {
  const pairs = childOf(parent, name);
  const entries = pairs === null ? [] : childrenOf(pairs);
  return new Map(
    entries.map((pair) => {
      const key = childOf(pair, "Key");
      const value = childOf(pair, "Value");
      if (key === null || value === null) {
        throw new BrokerError("invalid-argument", `A pair in ${name} must have a Key and a Value.`);
      }
      return [textIn(key), readTypedValue(textIn(key), value)];
    }),
  );
}

function writePairs(
  name: string,
  pairs: ApplicationProperties,
  dialect: TypeDialect,
): XmlElement[] {
  const written = [...pairs].map(([key, value]) =>
    element("KeyValueOfstringanyType", element("Key", key), writeTypedValue(value, dialect)),
  );
  return written.length === 0 ? [] : [element(name, ...written)];
}

function readSql(parent: XmlElement): SqlRuleExpression {
  const expression = childOf(parent, "SqlExpression");
  if (expression === null) {
    throw new BrokerError("invalid-argument", `A ${parent.name} must have a SqlExpression.`);
  }
  const parameters = [...readPairs(parent, "Parameters")].map(
    ([key, value]) => [key.startsWith("@") ? key : `@${key}`, value] as const,
  );
  return { expression: textIn(expression), parameters: new Map(parameters) };
}

function writeSql(
  { expression, parameters }: SqlRuleExpression,
  dialect: TypeDialect,
): XmlElement[] {
  return [
    element("SqlExpression", expression),
    element("CompatibilityLevel", "20"),
    ...writePairs("Parameters", parameters, dialect),
  ];
}

function readCorrelation(filter: XmlElement): RuleFilter {
  const system = CORRELATION.flatMap(([name, key]) => {
    const child = childOf(filter, name);
    return child === null ? [] : [[key, textIn(child)] as const];
  });
  return {
    kind: "correlation",
    system: Object.fromEntries(system),
    applicationProperties: readPairs(filter, "Properties"),
  };
}

/** The kind of filter or action. It stands in an attribute, after a prefix that the writer chooses. */
const kindOf = ({ attributes }: XmlElement): string => (attributes.type ?? "").replace(/^.*:/, "");

function readFilter(filter: XmlElement | null): RuleFilter {
  if (filter === null) {
    return { kind: "true" };
  }
  const kind = kindOf(filter);
  switch (kind) {
    case "TrueFilter":
      return { kind: "true" };
    case "FalseFilter":
      return { kind: "false" };
    case "SqlFilter":
      return { kind: "sql", ...readSql(filter) };
    case "CorrelationFilter":
      return readCorrelation(filter);
    default:
      throw new BrokerError("invalid-argument", `There is no kind of filter "${kind}".`);
  }
}

function readAction(action: XmlElement | null): SqlRuleExpression | null {
  const kind = action === null ? "EmptyRuleAction" : kindOf(action);
  if (action === null || kind === "EmptyRuleAction") {
    return null;
  }
  if (kind !== "SqlRuleAction") {
    throw new BrokerError("invalid-argument", `There is no kind of action "${kind}".`);
  }
  return readSql(action);
}

/** @param fallbackName used when the description itself has no name @throws BrokerError `invalid-argument` */
export function readRule(description: XmlElement, fallbackName: string): RuleConfig {
  const name = childOf(description, "Name");
  return {
    name: (name === null ? "" : textIn(name).trim()) || fallbackName,
    filter: readFilter(childOf(description, "Filter")),
    action: readAction(childOf(description, "Action")),
  };
}

function typed(name: string, type: string, content: readonly XmlElement[]): XmlElement {
  return { name, attributes: { "i:type": type }, content };
}

function writeFilter(filter: RuleFilter, dialect: TypeDialect): XmlElement {
  const constant = (expression: string) => writeSql({ expression, parameters: new Map() }, dialect);
  switch (filter.kind) {
    case "true":
      return typed("Filter", "TrueFilter", constant("1=1"));
    case "false":
      return typed("Filter", "FalseFilter", constant("1=0"));
    case "sql":
      return typed("Filter", "SqlFilter", writeSql(filter, dialect));
    case "correlation":
      return typed("Filter", "CorrelationFilter", [
        ...CORRELATION.flatMap(([name, key]) => {
          const value = filter.system[key];
          return value === undefined ? [] : [element(name, value)];
        }),
        ...writePairs("Properties", filter.applicationProperties, dialect),
      ]);
  }
}

/** @see https://learn.microsoft.com/rest/api/servicebus/rules */
export function ruleForm({ apiVersion }: Pick<Site, "apiVersion">): Form<RuleConfig> {
  const dialect = dialectOf(apiVersion);
  return {
    element: "RuleDescription",
    read: (description, name) => ({ ...readRule(description, name), name }),
    write: ({ config, runtime }) => [
      writeFilter(config.filter, dialect),
      config.action === null
        ? typed("Action", "EmptyRuleAction", [])
        : typed("Action", "SqlRuleAction", writeSql(config.action, dialect)),
      element("CreatedAt", runtime.createdAt.toISOString()),
      element("Name", config.name),
    ],
  };
}
