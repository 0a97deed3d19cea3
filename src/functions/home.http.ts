import { app, type HttpHandler } from "@azure/functions";
import { HOME } from "./home-route.ts";

let answer: HttpHandler = async () => ({ status: 503 });

/*
 * The function is registered when this module is evaluated, and `main.ts` imports it before any other. For the platform
 * an app whose code throws before its first function is healthy, and has no functions. Once it has one, the same throw
 * is a failed start, which requests and monitoring notice. So this module imports nothing of ours that could fail.
 */
app.http(HOME.id, {
  route: HOME.route,
  methods: ["GET"],
  authLevel: "anonymous",
  handler: (request, context) => answer(request, context),
});

/** Begins to answer. */
export function openHome(handler: HttpHandler): void {
  answer = handler;
}
