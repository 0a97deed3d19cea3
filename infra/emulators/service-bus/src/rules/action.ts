import type {
  AmqpValue,
  CorrelationProperties,
  FilterableMessage,
  MessageEdits,
} from "../broker/types.ts";
import { evaluate, findKey } from "./sql-evaluation.ts";
import { parseAction } from "./sql-parser.ts";
import type { Statement } from "./sql-tree.ts";
import { convertedLike, textOf } from "./sql-value.ts";

export type CompiledAction = (message: FilterableMessage) => MessageEdits;

/** The edits so far, and the message after them: a later statement sees the effect of an earlier one. */
interface Progress {
  readonly edits: MessageEdits;
  readonly message: FilterableMessage;
}

function withSystem(
  { edits, message }: Progress,
  name: keyof CorrelationProperties,
  value: string | null,
): Progress {
  const { [name]: _replaced, ...others } = message.system;
  return {
    edits: { ...edits, system: { ...edits.system, [name]: value } },
    message: { ...message, system: value === null ? others : { ...others, [name]: value } },
  };
}

function withApplication(
  { edits, message }: Progress,
  name: string,
  value: AmqpValue | null,
): Progress {
  const key = findKey(message.applicationProperties, name) ?? name;
  const existing = message.applicationProperties.get(key);
  const stored = existing && value ? convertedLike(existing, value) : value;
  const applicationProperties = new Map(message.applicationProperties);
  if (stored === null) {
    applicationProperties.delete(key);
  } else {
    applicationProperties.set(key, stored);
  }
  return {
    edits: {
      ...edits,
      applicationProperties: new Map(edits.applicationProperties).set(key, stored),
    },
    message: { ...message, applicationProperties },
  };
}

function run(progress: Progress, statement: Statement): Progress {
  const value = statement.kind === "set" ? evaluate(statement.value, progress.message) : null;
  const { property } = statement;
  if (property.kind === "application") {
    return withApplication(progress, property.name, value);
  }
  const name = property.property.settableAs;
  return name === null ? progress : withSystem(progress, name, value && textOf(value));
}

/**
 * Compiles a rule's SQL action.
 *
 * @param parameters values of the `@parameters`, by names with their `@`
 * @returns the changes for a message; never throws. If a value cannot be computed, an application property becomes null
 *   and a system property is removed. An application property keeps its spelling in the message.
 * @throws SqlSyntaxError
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-rule-action
 */
export function compileAction(
  sql: string,
  parameters: ReadonlyMap<string, AmqpValue> = new Map(),
): CompiledAction {
  const statements = parseAction(sql, parameters);
  return (message) => {
    const edits: MessageEdits = { system: {}, applicationProperties: new Map() };
    return statements.reduce(run, { edits, message }).edits;
  };
}
