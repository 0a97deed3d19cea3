import { app } from "@azure/functions";
import type { Routes } from "../http/route.ts";

/** Existing clients ask the base URL whether anybody is there. */
export function registerHome(routes: Routes): void {
  app.http("home", {
    route: "",
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.anyone(async () => ({ status: 200, jsonBody: { name: "waybill" } })),
  });
}
