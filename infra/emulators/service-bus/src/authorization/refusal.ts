import { BrokerError } from "../broker/errors.ts";

/** Why a token is refused; the service's texts begin with these words. */
export type TokenProblem =
  | "ExpiredToken"
  | "InvalidAudience"
  | "InvalidIssuer"
  | "InvalidSignature"
  | "LocalAuthDisabled"
  | "MalformedToken";

const TEXTS: Readonly<Record<TokenProblem, string>> = {
  ExpiredToken: "The token is expired.",
  InvalidAudience: "The authorization header contains a token with a wrong audience.",
  InvalidIssuer: "The token is from an issuer that this namespace does not trust.",
  InvalidSignature: "The token has an invalid signature.",
  LocalAuthDisabled:
    "Authorization failed because SAS authentication has been disabled for the namespace.",
  MalformedToken: "The token is not understood.",
};

/** A refusal of a token, by default in the words of the service. It never holds the token. */
export function tokenRefused(problem: TokenProblem, text = TEXTS[problem]): BrokerError {
  return new BrokerError("token-refused", `${problem}: ${text}`);
}

export function tokenExpired(expiresAtMs: number): BrokerError {
  const time = new Date(expiresAtMs)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
  return tokenRefused("ExpiredToken", `The token is expired. Expiration time: '${time}'`);
}
