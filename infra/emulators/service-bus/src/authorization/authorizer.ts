import { createHash, timingSafeEqual } from "node:crypto";
import type { Namespace } from "../broker/namespace.ts";
import type { AuthorizationRule } from "../broker/types.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Grant, Scope } from "./grant.ts";
import { type JwtReader, jwtReader, type TokenIssuer } from "./jwt.ts";
import { tokenRefused } from "./refusal.ts";
import { type Path, pathOf, type Resource } from "./resource.ts";
import { isSas, readSas } from "./sas.ts";

/** How tokens are checked, beyond the keys of the authorization rules. */
export interface AuthorizationOptions {
  /**
   * Clock for the expiry of tokens. By default the machine's: clients make tokens by real time, whatever clock messages
   * use.
   */
  readonly clock?: Clock;
  /** Issuer of accepted tokens for applications; absent: none are accepted. */
  readonly issuer?: TokenIssuer;
  /** Refuses everything that is signed with a key, as a namespace with `disableLocalAuth` does. */
  readonly disableLocalAuth?: boolean;
}

/** A grant with the resource of its token; null when the token leaves the resource to its roles. */
export interface TokenGrant extends Grant {
  readonly resource: Resource | null;
}

/** Knows the keys and the issuer. */
export interface Authorizer {
  readonly clock: Clock;
  /**
   * Checks a token: a shared access signature at once, an issuer's token when the issuer's keys are there.
   *
   * @throws BrokerError `token-refused`, also by the promise
   */
  read(token: string): TokenGrant | Promise<TokenGrant>;
  /** The grant of a rule's name and key, wherever the rule is; null when no rule matches. */
  readKey(name: string, key: string): Grant | null;
}

/** Longer than any token of Entra; a longer one is not read. */
const MAX_TOKEN_LENGTH = 16_384;

/** No queue or topic has a longer name. */
const MAX_ENTITY_LENGTH = 260;

export function createAuthorizer(
  namespace: Namespace,
  { clock = systemClock, issuer, disableLocalAuth = false }: AuthorizationOptions,
): Authorizer {
  const readJwt: JwtReader | null = issuer === undefined ? null : jwtReader(issuer);
  const rulesFor = (path: Path) => rulesAround(namespace, path);
  return {
    clock,
    read: (token) => {
      if (token.length > MAX_TOKEN_LENGTH) {
        throw tokenRefused(
          "MalformedToken",
          `The token is longer than ${MAX_TOKEN_LENGTH} characters.`,
        );
      }
      if (isSas(token)) {
        if (disableLocalAuth) {
          throw tokenRefused("LocalAuthDisabled");
        }
        return readSas(token, { rulesFor, nowMs: clock.now() });
      }
      if (readJwt === null) {
        throw tokenRefused("MalformedToken");
      }
      return readJwt(token, clock.now()).then((grant) => ({ ...grant, resource: null }));
    },
    readKey: (name, key) => {
      const scopes = disableLocalAuth ? [] : scopesOfKey(namespace, { name, key });
      return scopes.length === 0 ? null : { scopes, expiresAtMs: Number.POSITIVE_INFINITY };
    },
  };
}

/** The rules of the queue or topic at or above a path, and those of the namespace. */
function rulesAround(namespace: Namespace, path: Path): AuthorizationRule[] {
  const around: (string | null)[] = [null];
  let entity = "";
  for (const name of path) {
    entity += entity === "" ? name : `/${name}`;
    if (entity.length > MAX_ENTITY_LENGTH) {
      break;
    }
    around.push(entity);
  }
  return around.flatMap((each) => namespace.authorizationRules(each));
}

function scopesOfKey(
  namespace: Namespace,
  { name, key }: { readonly name: string; readonly key: string },
): Scope[] {
  return namespace.authorizedEntities().flatMap((entity) =>
    namespace
      .authorizationRules(entity)
      .filter((rule) => rule.name === name && hasKey(rule, key))
      .map(({ rights }) => ({ path: pathOf(entity ?? ""), rights })),
  );
}

function hasKey({ primaryKey, secondaryKey }: AuthorizationRule, key: string): boolean {
  const given = hashOf(key);
  return [primaryKey, secondaryKey]
    .map((each) => timingSafeEqual(hashOf(each), given))
    .includes(true);
}

/** Keys have different lengths, hashes do not. */
function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
