import { app } from "@azure/functions";
import type { Routes } from "../http/route.ts";

/** Existing clients ask the base URL whether anybody is there. */
export function registerHome(routes: Routes): void {
  app.http("home", {
    route: "{ignored:maxlength(0)?}", // the root: an empty route would mean the function's name
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.anyone(async () => ({ status: 200, jsonBody: { name: "waybill" } })),
  });
}
