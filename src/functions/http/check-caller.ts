import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../domain/errors.ts";
import { addLogFacts } from "../../domain/log-facts.ts";
import type { Principal, Tokens } from "../../domain/ports.ts";
import type { Caller } from "./door.ts";
import type { CountRequest } from "./rate-limit.ts";

const NOBODY: Principal = { applicationId: "", roles: [] };

/**
 * Who calls, by the token of the request. A request with a good token is counted before anything is done about it.
 *
 * @throws AppError `token-missing`, `token-invalid`, `rate-exceeded`, `forbidden`
 */
export async function checkCaller(
  { tokens, countRequest }: { tokens: Tokens; countRequest: CountRequest },
  request: HttpRequest,
  { caller, operatorRole }: { caller: Caller; operatorRole: string },
): Promise<Principal> {
  if (caller === "anyone") {
    return NOBODY;
  }
  const principal = await tokens.verify(bearerToken(request));
  addLogFacts({ applicationId: principal.applicationId });
  countRequest(principal.applicationId);
  if (caller === "operator") {
    requireRole(principal, operatorRole);
  }
  return principal;
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerToken(request: HttpRequest): string {
  const header = request.headers.get("authorization") ?? "";
  const [, token] = /^bearer[ \t]+([\w.~+/-]+=*)$/i.exec(header.trim()) ?? [];
  if (token === undefined) {
    throw new AppError(
      "token-missing",
      'Cannot answer without a token: send it as "Authorization: Bearer <token>"',
    );
  }
  return token;
}

function requireRole(caller: Principal, role: string): void {
  if (!caller.roles.includes(role)) {
    throw new AppError(
      "forbidden",
      `Cannot let application "${caller.applicationId}" do this: its token lacks the app role "${role}"`,
    );
  }
}
