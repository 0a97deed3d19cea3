import { needAtManagement } from "../amqp/access.ts";
import { statusOf } from "../amqp/condition.ts";
import type { LinkContext } from "../amqp/context.ts";
import type { Answer, Request } from "../amqp/request-link.ts";
import { BrokerError } from "../broker/errors.ts";
import type { AccessRight, AmqpValue } from "../broker/types.ts";
import { bodyOf } from "./amqp-body.ts";
import { MESSAGE_OPERATIONS } from "./amqp-messages.ts";
import type { Operation } from "./amqp-operation.ts";
import { RULE_OPERATIONS } from "./amqp-rules.ts";
import { SESSION_OPERATIONS } from "./amqp-sessions.ts";

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ...Object.entries(MESSAGE_OPERATIONS),
  ...Object.entries(SESSION_OPERATIONS),
  ...Object.entries(RULE_OPERATIONS),
]);

const OPERATION_PREFIX = "com.microsoft:";

const SENDING: ReadonlySet<string> = new Set(["schedule-message", "cancel-scheduled-message"]);

/** Rules too: the vendor's rule managers need Listen on the subscription, where the admin API needs Manage. */
function rightFor(operation: string): AccessRight {
  return SENDING.has(operation) ? "Send" : "Listen";
}

/**
 * Answers a request to an entity's `$management`.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
 */
export function answerManagement(context: LinkContext, entity: string, request: Request): Answer {
  try {
    if (request.problem !== null) {
      throw request.problem;
    }
    const name = request.operation.replace(OPERATION_PREFIX, "");
    const operation = OPERATIONS.get(name);
    if (operation === undefined) {
      throw new BrokerError(
        "not-implemented",
        `The operation '${request.operation}' is not supported.`,
      );
    }
    context.access.check(needAtManagement(entity, rightFor(name)));
    const link = request.message.applicationProperties.get("associated-link-name");
    const body = operation({
      context,
      entity,
      store: context.namespace.store(entity),
      body: bodyOf(request.body),
      transaction: request.transaction,
      linkName: link?.type === "string" ? link.value : null,
    });
    return body === null ? answer(204, "NoContent", EMPTY) : answer(200, "OK", body);
  } catch (error) {
    const { status, condition, description } = statusOf(error);
    const refusal = answer(status, description, EMPTY);
    return {
      ...refusal,
      properties: { ...refusal.properties, errorCondition: { type: "symbol", value: condition } },
    };
  }
}

const EMPTY: AmqpValue = { type: "map", value: [] };

function answer(status: number, description: string, body: AmqpValue): Answer {
  return {
    properties: {
      statusCode: { type: "int", value: status },
      statusDescription: { type: "string", value: description },
    },
    body,
  };
}
