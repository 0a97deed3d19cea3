import { AppError } from "../../../domain/errors.ts";
import { quotedList } from "../../../domain/values/quoted-list.ts";
import type { Column, GivenRow } from "../../../formats/rows.ts";
import { addressBeneath } from "../address.ts";
import type { HttpJsonTargetDefinition } from "./definition.ts";
import type { UnsendableRow } from "./row-problem.ts";

export interface Addresses {
  /** Positions of the columns in the path. */
  readonly pathColumns: ReadonlySet<number>;
  /** The address for a row. It is the same for all rows when the path names no column. */
  of(row: GivenRow): URL | UnsendableRow;
}

/**
 * Plans the addresses of rows. No cell can move an address away from the base URL's origin and path.
 *
 * @throws AppError `target-invalid` when the path names a column that the import does not write, or leads out of the
 *   base URL
 */
export function planAddresses(
  definition: Pick<HttpJsonTargetDefinition, "path">,
  address: { readonly base: URL; readonly query: Readonly<Record<string, string>> },
  columns: readonly Column[],
): Addresses {
  const parts = pathParts(definition.path, columns);
  const finish = (path: string) => addressOf(address, path);
  const example = parts.map((part) => (typeof part === "string" ? part : "x")).join("");
  if (finish(example) === null) {
    throw new AppError(
      "target-invalid",
      `Cannot write to path "${definition.path}": it leads out of the connection's base URL`,
    );
  }
  return {
    pathColumns: new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [part.index]))),
    of: (row) => {
      let path = "";
      for (const part of parts) {
        const text = typeof part === "string" ? part : encoded(row[part.index] ?? null, part);
        if (typeof text !== "string") {
          return text;
        }
        path += text;
      }
      return finish(path) ?? { index: firstIndex(parts), reason: OUTSIDE };
    },
  };
}

const OUTSIDE = 'must not be "." or "..", because it stands in a path';
const DOT_SEGMENT_REGEXP = /(?:^|\/)\.{1,2}(?:\/|$)/;

interface Placeholder {
  readonly index: number;
  /** Whether the cell stands between apostrophes, as a text of OData. An apostrophe in it is doubled. */
  readonly isQuoted: boolean;
}

function pathParts(path: string, columns: readonly Column[]): (string | Placeholder)[] {
  let before = "";
  // The pattern's group makes every second piece a column's name.
  return path
    .replace(/^\/+/, "")
    .split(/\{([^{}]+)\}/)
    .map((piece, position) => {
      if (position % 2 === 0) {
        before += piece;
        return piece;
      }
      const index = columns.findIndex(({ name }) => name === piece);
      if (index === -1) {
        throw new AppError(
          "target-invalid",
          `Cannot write to path "${path}": the import does not write column "${piece}", only ${quotedList(columns.map(({ name }) => name))}`,
        );
      }
      return { index, isQuoted: before.split("'").length % 2 === 0 };
    });
}

function encoded(cell: string | null, { index, isQuoted }: Placeholder): string | UnsendableRow {
  if (cell === null || cell === "") {
    return { index, reason: "must have a value: it stands in the path" };
  }
  if (!cell.isWellFormed()) {
    return { index, reason: "must not hold one half of a character pair" };
  }
  const text = isQuoted ? cell.replaceAll("'", "''") : cell;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @returns null when the address leads elsewhere */
function addressOf(
  { base, query }: { readonly base: URL; readonly query: Readonly<Record<string, string>> },
  path: string,
): URL | null {
  if (DOT_SEGMENT_REGEXP.test(path)) {
    return null;
  }
  const address = addressBeneath(base, path);
  if (address === null) {
    return null;
  }
  for (const [name, value] of Object.entries(query)) {
    address.searchParams.set(name, value);
  }
  return address;
}

function firstIndex(parts: readonly (string | Placeholder)[]): number {
  const [placeholder] = parts.filter((part) => typeof part !== "string");
  return placeholder?.index ?? 0;
}
