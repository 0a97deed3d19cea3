import { type CursorOwner, type ExportCursor, whyNotOf } from "./export-cursor.ts";

/** Change tokens by entity. A new token makes the next package hold all rows of the entity. */
export type ChangeTokens = Readonly<Record<string, string>>;

/** How far packages have read, and the tokens at that time. The runs table stores the text form. */
interface PackageCursor {
  /** Missing in cursors of earlier versions. */
  readonly owner?: CursorOwner;
  readonly entities: ExportCursor["entities"];
  readonly tokens: ChangeTokens;
}

const NOTHING: PackageCursor = { entities: {}, tokens: {} };

/**
 * The export cursor from which a package starts. Entities whose token has changed since are left out.
 *
 * A token is compared, and stays when the cursor is deleted. So a run that is in progress cannot bring back a cursor
 * that was reset.
 */
export function packageStart(kept: string | null, tokens: ChangeTokens): string | null {
  const before = parse(kept);
  const entities = Object.entries(before.entities).filter(
    ([name]) => tokenOf(before.tokens, name) === tokenOf(tokens, name),
  );
  const cursor: ExportCursor = {
    version: 1,
    ...(before.owner === undefined ? {} : { owner: before.owner }),
    entities: Object.fromEntries(entities),
  };
  return entities.length === 0 ? null : JSON.stringify(cursor);
}

/**
 * The cursor after a package: its own entities as far as it has read them, and the others unchanged, unless they belong
 * to another owner.
 *
 * @param read.cursor export cursor of the package
 * @param read.tokens tokens from before it began to read
 */
export function nextPackageCursor(
  kept: string | null,
  read: { cursor: string; tokens: ChangeTokens },
): string {
  const { entities, owner } = JSON.parse(read.cursor) as ExportCursor;
  const all = parse(kept);
  const before = owner === undefined || whyNotOf(all.owner, owner) === null ? all : NOTHING;
  const tokens = Object.keys(entities).flatMap((name) => {
    const token = tokenOf(read.tokens, name);
    return token === null ? [] : [[name, token]];
  });
  const next: PackageCursor = {
    ...(owner === undefined ? {} : { owner }),
    entities: { ...before.entities, ...entities },
    tokens: { ...before.tokens, ...Object.fromEntries(tokens) },
  };
  return JSON.stringify(next);
}

function parse(kept: string | null): PackageCursor {
  return kept === null ? NOTHING : (JSON.parse(kept) as PackageCursor);
}

function tokenOf(tokens: ChangeTokens, name: string): string | null {
  return (Object.hasOwn(tokens, name) ? tokens[name] : undefined) ?? null;
}
