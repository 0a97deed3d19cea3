import { statusOf } from "../amqp/condition.ts";
import type { LinkContext } from "../amqp/context.ts";
import type { Answer, Request } from "../amqp/request-link.ts";
import { BrokerError } from "../broker/errors.ts";

export function answerManagement(_context: LinkContext, _entity: string, request: Request): Answer {
  const { status, condition, description } = statusOf(
    new BrokerError("not-allowed", `Unknown operation "${request.operation}"`),
  );
  return {
    properties: {
      statusCode: { type: "int", value: status },
      statusDescription: { type: "string", value: description },
      errorCondition: { type: "symbol", value: condition },
    },
    body: { type: "null", value: null },
  };
}
