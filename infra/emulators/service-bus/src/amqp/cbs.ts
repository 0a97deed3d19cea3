import type { Answer } from "./request-link.ts";

/** Any token is good enough here: what it grants is decided in the cloud. */
export function answerToken(): Answer {
  return {
    properties: {
      "status-code": { type: "int", value: 202 },
      "status-description": { type: "string", value: "Accepted" },
    },
    body: { type: "null", value: null },
  };
}
