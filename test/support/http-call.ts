import type { HttpRequestInit, HttpResponseInit } from "@azure/functions";
import { type HttpHandler, HttpRequest, InvocationContext } from "@azure/functions";

export const INVOCATION_ID = "5b3c6c43-1d8f-4a1c-9d55-0f2f6d2f3a10";

/** Calls a handler as the library does. */
export async function callHandler(
  handler: HttpHandler,
  init: Partial<HttpRequestInit> = {},
): Promise<HttpResponseInit> {
  const request = new HttpRequest({ method: "GET", url: "http://host/api/x", ...init });
  const context = new InvocationContext({
    functionName: "some-function",
    invocationId: INVOCATION_ID,
  });
  return (await handler(request, context)) as HttpResponseInit;
}
