import type { AccessRight } from "../broker/types.ts";
import { covers, type Path } from "./resource.ts";

/** Rights, and where they hold. */
export interface Scope {
  readonly path: Path;
  readonly rights: readonly AccessRight[];
}

/** The rights of a client that one token proves. */
export interface Grant {
  readonly scopes: readonly Scope[];
  /** Infinite for keys, which do not expire. */
  readonly expiresAtMs: number;
}

/** Whether a grant has the right for the path, without regard to expiry. Manage includes the others. */
export function allows({ scopes }: Grant, path: Path, right: AccessRight): boolean {
  return scopes.some((scope) => scope.rights.includes(right) && covers(scope.path, path));
}
