import { RestError, type TableServiceClientOptions } from "@azure/data-tables";

type AdditionalPolicy = NonNullable<TableServiceClientOptions["additionalPolicies"]>[number];

/**
 * Ends each try of a request that is not answered in time, headers and body. The SDK then tries again. Without this
 * limit it would wait forever for a service that accepts the connection, or drops data, and stays silent.
 */
export function tryTimeout(ms: number): AdditionalPolicy {
  return {
    position: "perRetry",
    policy: {
      name: "tryTimeout",
      sendRequest: async (request, next) => {
        const whole = request.abortSignal;
        const late = AbortSignal.timeout(ms);
        request.abortSignal =
          whole === undefined ? late : AbortSignal.any([whole as AbortSignal, late]);
        try {
          return await next(request);
        } catch (error) {
          if (late.aborted && whole?.aborted !== true) {
            throw new RestError(`There was no answer within ${ms / 1_000} s`, {
              code: "ETIMEDOUT",
              request,
            });
          }
          throw error;
        } finally {
          if (whole === undefined) {
            delete request.abortSignal;
          } else {
            request.abortSignal = whole;
          }
        }
      },
    },
  };
}
