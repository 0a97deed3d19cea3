import { UnavailableError } from "../../domain/errors.ts";

/** Members of the SDKs' errors. Each error has only some of them. */
interface ServiceFailure {
  readonly name?: unknown;
  /** Code of the network, of the service, or of the SDK. */
  readonly code?: unknown;
  readonly statusCode?: unknown;
  /** Storage's own code, which an answer without a body has in a header. */
  readonly details?: { readonly errorCode?: unknown; readonly odataError?: { code?: unknown } };
  readonly cause?: unknown;
  /** Errors of several attempts, e.g. one for each address of a host. */
  readonly errors?: unknown;
}

/**
 * How storage, Service Bus and Entra say that they cannot do something now, by what tells it:
 *
 * - the name of the error: a time of ours or of the SDK that was over, no token for the app's identity,
 * - its code: the network's, or that of a service which is busy, failing or in a change,
 * - the status of a service's answer.
 *
 * Other failures do not pass by waiting: a missing table, a missing role, a fault of our own.
 */
const NAMES: ReadonlySet<unknown> = new Set([
  // a time of ours is over
  "AbortError",
  "TimeoutError",
  // a time of Service Bus's SDK is over
  "OperationTimeoutError",
  // Entra or the platform's identity endpoint does not answer, or grants nothing yet
  "AuthenticationError",
  "AggregateAuthenticationError",
  "CredentialUnavailableError",
]);

const CODES: ReadonlySet<unknown> = new Set([
  // the network
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  // the SDK of storage: a request that was not sent
  "REQUEST_SEND_ERROR",
  // storage
  "AccountBeingCreated",
  "ContainerBeingDeleted",
  "InternalError",
  "OperationTimedOut",
  "ServerBusy",
  "TableBeingDeleted",
  "TooManyRequests",
  // Service Bus; a queue without room has it when somebody takes messages
  "MessagingEntityDisabled",
  "QuotaExceeded",
  "ServiceBusy",
  "ServiceCommunicationProblem",
  "ServiceTimeout",
]);

const STATUSES: ReadonlySet<unknown> = new Set([408, 429, 500, 502, 503, 504]);

/** The SDK of Service Bus has one code, or none, for what the network does, and says more in the text alone. */
const TEXT_REGEXP = /^(?:E[A-Z_]+: |Failed to connect$|Unable to (?:open|close) the amqp )/;

/** Causes of causes end somewhere. */
const MAX_DEPTH = 5;

/** Whether the error says that a service which Waybill needs cannot do now what was asked, and may do it later. */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > MAX_DEPTH) {
    return false;
  }
  const { name, code, statusCode, details, cause, errors } = error as Error & ServiceFailure;
  return (
    error instanceof UnavailableError ||
    NAMES.has(name) ||
    [code, details?.errorCode, details?.odataError?.code].some((each) => CODES.has(each)) ||
    STATUSES.has(statusCode) ||
    isOfServiceBus(error) ||
    [cause, ...(Array.isArray(errors) ? errors : [])].some((each) => isUnavailable(each, depth + 1))
  );
}

function isOfServiceBus({ name, message }: Error): boolean {
  return (name === "MessagingError" || name === "Error") && TEXT_REGEXP.test(message);
}
