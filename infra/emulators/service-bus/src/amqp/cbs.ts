import type { TokenGrant } from "../authorization/authorizer.ts";
import { tokenRefused } from "../authorization/refusal.ts";
import { audienceOf, covers, type Resource } from "../authorization/resource.ts";
import { BrokerError } from "../broker/errors.ts";
import { statusOf } from "./condition.ts";
import type { LinkContext } from "./context.ts";
import type { Answer, Request } from "./request-link.ts";

const PUT_TOKEN = "put-token";

/** The SDKs' names of the two kinds of token; the token itself shows its kind. */
const TOKEN_TYPES = ["servicebus.windows.net:sastoken", "jwt", "amqp:jwt"];

/**
 * Answers a request to `$cbs`: puts a token. The connection gets the token's rights for the name for which it is put.
 *
 * @see https://docs.oasis-open.org/amqp/amqp-cbs/v1.0/amqp-cbs-v1.0.html
 */
export function answerToken(context: LinkContext, request: Request): Answer | Promise<Answer> {
  try {
    const { audience, token } = readPut(request);
    const grant = context.authorizer.read(token);
    return grant instanceof Promise
      ? grant.then((ready) => accept(context, audience, ready)).catch(refuse)
      : accept(context, audience, grant);
  } catch (error) {
    return refuse(error);
  }
}

/** @throws BrokerError */
function readPut(request: Request): { readonly audience: Resource; readonly token: string } {
  if (request.problem !== null) {
    throw request.problem;
  }
  if (request.operation !== PUT_TOKEN) {
    const text = `The operation '${request.operation}' is not supported.`;
    throw new BrokerError("not-implemented", text);
  }
  const { applicationProperties } = request.message;
  const type = applicationProperties.get("type");
  const name = applicationProperties.get("name");
  if (type?.type !== "string" || !TOKEN_TYPES.includes(type.value)) {
    throw tokenRefused("MalformedToken", `The type must be one of ${TOKEN_TYPES.join(", ")}.`);
  }
  if (name?.type !== "string" || request.body.type !== "string") {
    throw tokenRefused("MalformedToken", "A token and the name that it is put for are needed.");
  }
  return { audience: audienceOf(name.value), token: request.body.value };
}

/** @throws BrokerError */
function accept({ access }: LinkContext, audience: Resource, grant: TokenGrant): Answer {
  if (grant.resource !== null && !isFor(grant.resource, audience)) {
    throw tokenRefused("InvalidAudience");
  }
  access.put(audience.path, grant);
  return answer(202, "Accepted");
}

function isFor(resource: Resource, audience: Resource): boolean {
  const isSameHost = audience.host === null || audience.host === resource.host;
  return isSameHost && covers(resource.path, audience.path);
}

function refuse(error: unknown): Answer {
  const { status, condition, description } = statusOf(error);
  const { properties, body } = answer(status, description);
  return {
    properties: { ...properties, "error-condition": { type: "symbol", value: condition } },
    body,
  };
}

function answer(status: number, description: string): Answer {
  return {
    properties: {
      "status-code": { type: "int", value: status },
      "status-description": { type: "string", value: description },
    },
    body: { type: "null", value: null },
  };
}
