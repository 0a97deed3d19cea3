import { AppError } from "../errors.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Ports } from "../ports.ts";
import { changedMembers } from "./changed-members.ts";
import type { DefinitionChange } from "./definition-store.ts";
import type { DefinitionKind } from "./definitions.ts";
import { findDefinition } from "./find-definition.ts";
import { definitionId } from "./save-definition.ts";

/** A change, and the names of the members that a replacement changed. */
export interface ChangeInHistory extends DefinitionChange {
  readonly changed: readonly string[];
}

/**
 * Changes of a definition, newest first: author, time and content. A deleted definition has them, too.
 *
 * @throws AppError `definition-not-found` when no definition ever had the id; `definition-invalid`, `request-invalid`
 */
export async function definitionHistory(
  ports: Pick<Ports, "definitions">,
  input: { kind: DefinitionKind; id: string; page: PageRequest },
): Promise<Page<ChangeInHistory>> {
  const { kind, page } = input;
  const id = definitionId(kind, input.id);
  const before = versionOf(page.after);
  // one more than the page: it shows whether there is a next page, and what the last change of this page replaced
  const changes = await ports.definitions.history(kind, id, { before, limit: page.limit + 1 });
  if (changes.length === 0) {
    await findDefinition(ports, kind, id);
  }
  const items = changes.slice(0, page.limit).map((change, index) => ({
    ...change,
    changed:
      change.action === "replaced" ? changedMembers(changes[index + 1]?.body, change.body) : [],
  }));
  const last = items.at(-1);
  return {
    items,
    next: last !== undefined && changes.length > page.limit ? String(last.version) : null,
  };
}

function versionOf(after: string | null): number | null {
  if (after === null) {
    return null;
  }
  if (!/^[1-9]\d{0,8}$/.test(after)) {
    throw new AppError(
      "request-invalid",
      'Cannot read the request: after must be the "next" of the page before',
    );
  }
  return Number(after);
}
