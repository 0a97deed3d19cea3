import { z } from "zod";
import type { AmqpValue, RuleConfig } from "../broker/types.ts";
import { compileAction } from "../rules/action.ts";
import { compileFilter } from "../rules/filter.ts";
import { SqlSyntaxError } from "../rules/sql-token.ts";
import { childName } from "./name.ts";

/** Reports the rule compiler's problem with a SQL text. */
function sql(compile: (expression: string) => unknown) {
  return z.string().superRefine((expression, context) => {
    try {
      compile(expression);
    } catch (error) {
      if (!(error instanceof SqlSyntaxError)) {
        throw error;
      }
      context.addIssue(error.message);
    }
  });
}

const NO_PARAMETERS: ReadonlyMap<string, AmqpValue> = new Map();

const sqlFilter = z
  .strictObject({
    SqlExpression: sql((expression) =>
      compileFilter({ kind: "sql", expression, parameters: NO_PARAMETERS }),
    ),
  })
  .transform(({ SqlExpression }): RuleConfig["filter"] => ({
    kind: "sql",
    expression: SqlExpression,
    parameters: NO_PARAMETERS,
  }));

const correlationValue = z
  .union([z.string(), z.number(), z.boolean()], "must be text, a number or a boolean")
  .transform((value): AmqpValue => {
    if (typeof value === "string") {
      return { type: "string", value };
    }
    if (typeof value === "boolean") {
      return { type: "boolean", value };
    }
    return Number.isSafeInteger(value)
      ? { type: "long", value: BigInt(value) }
      : { type: "double", value };
  });

const correlationFilter = z
  .strictObject({
    ContentType: z.string().optional(),
    CorrelationId: z.string().optional(),
    Label: z.string().optional(),
    MessageId: z.string().optional(),
    ReplyTo: z.string().optional(),
    ReplyToSessionId: z.string().optional(),
    SessionId: z.string().optional(),
    To: z.string().optional(),
    Properties: z.record(z.string(), correlationValue).default({}),
  })
  .transform(({ Properties, ...filter }, context): RuleConfig["filter"] => {
    const system = {
      contentType: filter.ContentType,
      correlationId: filter.CorrelationId,
      subject: filter.Label,
      messageId: filter.MessageId,
      replyTo: filter.ReplyTo,
      replyToSessionId: filter.ReplyToSessionId,
      sessionId: filter.SessionId,
      to: filter.To,
    };
    const given = Object.entries(system).filter(([, value]) => value !== undefined);
    const applicationProperties = new Map(Object.entries(Properties));
    if (given.length + applicationProperties.size === 0) {
      context.addIssue("must name a property to compare");
    }
    return { kind: "correlation", system: Object.fromEntries(given), applicationProperties };
  });

const action = z
  .strictObject({ SqlExpression: sql((expression) => compileAction(expression)) })
  .transform(({ SqlExpression }) => ({ expression: SqlExpression, parameters: NO_PARAMETERS }))
  .optional();

const properties = z.discriminatedUnion(
  "FilterType",
  [
    z.strictObject({
      FilterType: z.literal("Correlation"),
      CorrelationFilter: correlationFilter,
      Action: action,
    }),
    z.strictObject({
      FilterType: z.literal("Sql"),
      SqlFilter: sqlFilter,
      Action: action,
    }),
  ],
  'must be "Correlation" or "Sql"',
);

/** A rule of a subscription, as in Config.json. */
export const ruleSchema = z.strictObject({ Name: childName, Properties: properties }).transform(
  ({ Name, Properties }): RuleConfig => ({
    name: Name,
    filter: Properties.FilterType === "Sql" ? Properties.SqlFilter : Properties.CorrelationFilter,
    action: Properties.Action ?? null,
  }),
);
