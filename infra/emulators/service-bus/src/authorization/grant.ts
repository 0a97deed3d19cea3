import type { AccessRight } from "../broker/types.ts";
import { covers, type Path } from "./resource.ts";

/** Rights, and where they hold. */
export interface Scope {
  readonly path: Path;
  readonly rights: readonly AccessRight[];
}

/** What a client may do, as one token proves it. */
export interface Grant {
  readonly scopes: readonly Scope[];
  /** Infinite for keys, which do not expire. */
  readonly expiresAtMs: number;
}

/** Whether a grant has the right for what is at the path; expiry is another matter. Who has Manage has all rights. */
export function allows({ scopes }: Grant, path: Path, right: AccessRight): boolean {
  return scopes.some((scope) => scope.rights.includes(right) && covers(scope.path, path));
}
