import { createHmac } from "node:crypto";
import type { AuthorizationRule } from "../src/broker/types.ts";

type Signer = Pick<AuthorizationRule, "name" | "primaryKey">;

/**
 * A shared access signature by Microsoft's recipe for Node.js, independent of our code.
 *
 * @param expiresAtS seconds since the epoch
 * @see https://learn.microsoft.com/rest/api/eventhub/generate-sas-token#nodejs
 */
export function sas(uri: string, rule: Signer, expiresAtS: number): string {
  const encoded = encodeURIComponent(uri);
  const signature = createHmac("sha256", rule.primaryKey)
    .update(`${encoded}\n${expiresAtS}`)
    .digest("base64");
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(signature)}&se=${expiresAtS}&skn=${rule.name}`;
}

/** A signature that is valid for an hour of real time. */
export function freshSas(uri: string, rule: Signer): string {
  return sas(uri, rule, Math.floor(Date.now() / 1000) + 3600);
}
