import { app, type HttpHandler } from "@azure/functions";
import type { Routes } from "./http/route.ts";

let answer: HttpHandler = async () => ({ status: 503 });

/**
 * Existing clients ask the base URL whether anybody is there.
 *
 * The function is registered when this module is evaluated, and `main.ts` imports it before any other. An app whose code
 * throws before its first function counts on the platform as a healthy one that has none; once it has one, the same throw
 * is a failed start, which requests and monitoring notice.
 */
app.http("home", {
  route: "{ignored:maxlength(0)?}", // the root: an empty route would mean the function's name
  methods: ["GET"],
  authLevel: "anonymous",
  handler: (request, context) => answer(request, context),
});

/** Begins to answer. */
export function registerHome(routes: Routes): void {
  answer = routes.anyone(async () => ({ status: 200, jsonBody: { name: "waybill" } }));
}
