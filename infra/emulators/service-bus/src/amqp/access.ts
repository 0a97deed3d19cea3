import { allows, type Grant } from "../authorization/grant.ts";
import { addressPath, covers, type Path } from "../authorization/resource.ts";
import { BrokerError } from "../broker/errors.ts";
import type { AccessRight } from "../broker/types.ts";
import type { Clock } from "../clock.ts";
import { type ClientConnection, endLink, type OpenLink } from "./connection.ts";
import { endLocally } from "./shim.ts";

/** Rights of which a link or a request needs one. */
export interface Need {
  /** Null when any token will do, for things that belong to no single entity, such as transactions. */
  readonly path: Path | null;
  readonly rights: readonly AccessRight[];
}

/** The rights of one connection's client, by the tokens that it has put. */
export interface Access {
  /** Adds what a token grants. It replaces an earlier token for the same name, unless that one has other rights. */
  put(audience: Path, grant: Grant): void;
  /** @throws BrokerError `unauthorized` */
  check(need: Need): void;
  /** Drops the link as soon as no remaining token meets the need. */
  watch(link: OpenLink, need: Need): void;
  close(): void;
}

interface PutGrant {
  readonly audience: Path;
  readonly grant: Grant;
  readonly forget: () => void;
}

/** A client that has put no token by then is cut off. */
const GRACE_MS = 20_000;

/** Upper bound; no client has tokens for so many names. */
const MAX_GRANTS = 5000;

export function createAccess(
  connection: ClientConnection,
  { clock, namespace }: { readonly clock: Clock; readonly namespace: string },
): Access {
  const needs = new WeakMap<OpenLink, Need>();
  let grants: PutGrant[] = [];
  let isClosed = false;
  const endGrace = clock.callAt(clock.now() + GRACE_MS, connection.cut);
  const satisfies = (need: Need) =>
    grants.some(
      ({ audience, grant }) => grant.expiresAtMs > clock.now() && gives(audience, grant, need),
    );
  const remove = (gone: PutGrant) => {
    gone.forget();
    grants = grants.filter((each) => each !== gone);
  };
  const expire = () => {
    for (const each of grants.filter(({ grant }) => grant.expiresAtMs <= clock.now())) {
      remove(each);
    }
    for (const link of [...connection.links]) {
      const need = needs.get(link);
      if (need !== undefined && !satisfies(need)) {
        endLocally(link.link, expired(namespace, link.name, need));
        endLink(connection, link);
      }
    }
  };
  return {
    put: (audience, grant) => {
      if (isClosed) {
        return;
      }
      endGrace();
      for (const each of grants.filter((old) => isReplaced(old, audience, grant))) {
        remove(each);
      }
      if (grants.length >= MAX_GRANTS) {
        throw new BrokerError("quota-exceeded", `A connection takes ${MAX_GRANTS} tokens at most.`);
      }
      const isEndless = grant.expiresAtMs === Number.POSITIVE_INFINITY;
      const forget = isEndless ? () => undefined : clock.callAt(grant.expiresAtMs, expire);
      grants.push({ audience, grant, forget });
    },
    check: (need) => {
      if (!satisfies(need)) {
        throw new BrokerError("unauthorized", claimsText(namespace, need));
      }
    },
    watch: (link, need) => void needs.set(link, need),
    close: () => {
      isClosed = true;
      endGrace();
      for (const { forget } of grants) {
        forget();
      }
      grants = [];
    },
  };
}

/** The need of a client that attaches to an entity or to its `$management`. */
export function needAt(address: string, ...rights: readonly AccessRight[]): Need {
  return { path: addressPath(address), rights };
}

/** As `needAt`; a token put only for the entity's `$management` also meets it. */
export function needAtManagement(entity: string, ...rights: readonly AccessRight[]): Need {
  return { path: [...addressPath(entity), "$management"], rights };
}

function gives(audience: Path, grant: Grant, { path, rights }: Need): boolean {
  if (path === null) {
    return true;
  }
  return covers(audience, path) && rights.some((right) => allows(grant, path, right));
}

function isReplaced(old: PutGrant, audience: Path, grant: Grant): boolean {
  const isSameName = old.audience.length === audience.length && covers(old.audience, audience);
  return (
    isSameName &&
    old.grant.scopes.every(({ path, rights }) => rights.every((each) => allows(grant, path, each)))
  );
}

function claimsText(namespace: string, { path, rights }: Need): string {
  const resource = `sb://${namespace}/${(path ?? []).join("/")}`;
  return `Unauthorized access. '${rights.join(",")}' claim(s) are required to perform this operation. Resource: '${resource}'.`;
}

function expired(namespace: string, linkName: string, need: Need): BrokerError {
  return new BrokerError(
    "authorization-expired",
    `The link '${linkName}' is force detached. Code: RenewToken. Details: ${claimsText(namespace, need)}`,
  );
}
