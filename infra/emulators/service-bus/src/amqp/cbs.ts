import type { Answer } from "./request-link.ts";

/** Accepts any token; only the cloud decides about rights. */
export function answerToken(): Answer {
  return {
    properties: {
      "status-code": { type: "int", value: 202 },
      "status-description": { type: "string", value: "Accepted" },
    },
    body: { type: "null", value: null },
  };
}
