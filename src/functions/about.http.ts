import { createHash } from "node:crypto";
import { z } from "zod";
import { HOME } from "./home-route.ts";
import { entityTag } from "./http/digest.ts";
import { type Door, door, type Site } from "./http/door.ts";
import { selectPart } from "./http/ranges.ts";
import { type Api, openApiDocument } from "./openapi/document.ts";

const ABOUT = {
  tag: { name: "About", description: "The service itself." },
  caller: "anyone",
  method: "get",
} as const;

/** Existing clients ask the base URL whether anybody is there. */
export const home = door({
  ...ABOUT,
  ...HOME,
  path: "/",
  summary: "Is anybody there?",
  description: "For the checks of existing clients and of monitoring; needs no token.",
  answers: {
    200: {
      description: "Yes.",
      json: z.object({ name: z.literal("waybill").describe("Who is there.") }),
    },
  },
  handle: async () => ({ status: 200, json: { name: "waybill" } }),
});

const HEADERS = { ETag: "Version of the document." } as const;

/** Doors without a token. */
export function aboutDoors(api: () => Api): Door[] {
  return [home, openApiDoor(api)];
}

/** The description of the API: it holds nothing that a token would have to guard. */
function openApiDoor(api: () => Api): Door {
  const built = builtOnce(api);
  return door({
    ...ABOUT,
    id: "api-openapi",
    path: "/api/openapi.json",
    summary: "This document",
    description: "A document of OpenAPI 3.1. It needs no token.",
    headers: { "If-None-Match": "Entity tags; 304 if the document has one of them." },
    answers: {
      200: {
        description: "The document.",
        json: z.looseObject({ openapi: z.string().describe("Version of OpenAPI.") }),
        headers: HEADERS,
      },
      304: {
        description: "It is still the version that `If-None-Match` names.",
        headers: HEADERS,
      },
    },
    handle: async ({ site }, call) => {
      const { document, etag } = built(site);
      const headers = { ETag: etag, "Cache-Control": "no-cache" };
      return selectPart(call, { etag, bytes: 0 }).kind === "not-modified"
        ? { status: 304, headers }
        : { status: 200, headers, json: document };
    },
  });
}

/** Built when it is asked for first, so that no start of the app waits for it. */
function builtOnce(api: () => Api) {
  let built: { document: { openapi: string }; etag: string } | undefined;
  return (site: Site) => {
    if (built === undefined) {
      const document = openApiDocument(site, api());
      const sha256 = createHash("sha256").update(JSON.stringify(document)).digest("hex");
      built = { document, etag: entityTag(sha256) };
    }
    return built;
  };
}
