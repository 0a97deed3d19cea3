import { createHash } from "node:crypto";
import { app } from "@azure/functions";
import { entityTag } from "./http/digest.ts";
import { selectPart } from "./http/ranges.ts";
import type { Routes } from "./http/route.ts";
import { type Api, openApiDocument, type Site } from "./openapi/document.ts";

/** The description of the API, for anybody: it holds nothing that a token would have to guard. */
export function registerOpenApi(routes: Routes, api: Api, site: Site): void {
  const document = builtOnce(api, site);
  app.http("api-openapi", {
    route: "api/openapi.json",
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.anyone(async (request) => {
      const { body, etag } = document();
      const headers = { ETag: etag, "Cache-Control": "no-cache" };
      const { kind } = selectPart(request, { etag, bytes: body.length });
      return kind === "not-modified"
        ? { status: 304, headers }
        : { status: 200, headers: { ...headers, "Content-Type": "application/json" }, body };
    }),
  });
}

/** Built when it is asked for first, so that no start of the app waits for it. */
function builtOnce(api: Api, site: Site): () => { body: string; etag: string } {
  let built: { body: string; etag: string } | undefined;
  return () => {
    if (built === undefined) {
      const body = JSON.stringify(openApiDocument(site, api));
      built = { body, etag: entityTag(createHash("sha256").update(body).digest("hex")) };
    }
    return built;
  };
}
