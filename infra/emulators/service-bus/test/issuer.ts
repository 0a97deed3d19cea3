import { generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import type { RoleAssignment, TokenIssuer } from "../src/authorization/jwt.ts";

export const AUDIENCE = "https://servicebus.azure.net";
const ISSUER = "https://issuer.example/v2.0";
const KID = "key-1";
const HOUR_S = 3600;

/** An issuer with a key pair of its own. Tokens are signed by Node's crypto, which is not what checks them. */
export function anIssuer(roles: readonly RoleAssignment[]) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" }) as JsonWebKey;
  const issuer: TokenIssuer = {
    issuers: [ISSUER],
    keys: { keys: [{ kty: "RSA", use: "sig", kid: KID, n, e }] },
    roles,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  /** A good token of the application, but for what `over` changes; undefined leaves a claim out. */
  const token = (applicationId: string, over: object = {}): string => {
    const nowS = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      appid: applicationId,
      exp: nowS + HOUR_S,
      ...over,
    };
    const text = `${part({ typ: "JWT", alg: "RS256", kid: KID })}.${part(claims)}`;
    return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
  };
  return { issuer, token };
}
