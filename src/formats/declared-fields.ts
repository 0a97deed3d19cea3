import { RAW_FIELD, REASON_FIELD } from "./failed-row-fields.ts";
import { looseName } from "./field-names.ts";
import type { FieldTable } from "./field-table.ts";
import { RowProblem } from "./row-problem.ts";
import type { RowSink } from "./row-sink.ts";
import type { GivenCell } from "./rows.ts";
import { type FieldNotes, fieldNotes } from "./seen-fields.ts";

/** Other spellings of declared names that one file may have; any more are unknown fields. */
const MAX_SPELLINGS = 1_000;

interface DeclaredRules {
  readonly declared: readonly string[];
  readonly unknownFields: "refuse" | "ignore" | undefined;
  readonly sink: RowSink;
}

/**
 * The fields of rows that name their own fields, where the import declares its fields. A row may leave out any of them.
 * A name matches exactly first. Otherwise case and surrounding blanks are ignored, if only one declared field can be
 * meant.
 */
export function declaredFields({ declared, unknownFields, sink }: DeclaredRules): FieldTable {
  const width = declared.length;
  const spellings = spellingsOf(declared);
  const { names, notes } = spellings;
  /** First fault of the row that does not stop the reading of it. */
  let problem: RowProblem | null = null;
  sink.nameColumns(declared);
  sink.noteFields(notes.seen);

  const passOver = (name: string): number => {
    notes.other(name);
    if (unknownFields !== "ignore") {
      problem ??= new RowProblem("has a field that the import does not declare", { field: name });
    }
    return -1;
  };

  return {
    names,
    found: notes.found,
    indexOf: (name) => {
      if (isOurs(name, notes)) {
        return -1;
      }
      return spellings.indexOf(name) ?? passOver(name);
    },
    take: (cells, length) => {
      for (const other of spellings.resolve(cells)) {
        passOver(other);
      }
      if (problem !== null) {
        throw problem;
      }
      fill(cells, width);
      sink.row(cells, length);
    },
    fail: (error, raw) => {
      if (!(error instanceof RowProblem)) {
        throw error;
      }
      problem = null;
      sink.fail(error, raw);
    },
  };
}

interface Spellings {
  /** Declared names, then other spellings of them. */
  readonly names: readonly string[];
  readonly notes: FieldNotes;
  /** @returns undefined for a name that matches no declared one */
  indexOf(name: string): number | undefined;
  /**
   * Moves the cells of other spellings to the declared fields. An exact name wins.
   *
   * @returns spellings that stand beside the exact name, and so are unknown fields
   * @throws RowProblem when the row has two spellings of one name
   */
  resolve(cells: GivenCell[]): string[];
}

function spellingsOf(declared: readonly string[]): Spellings {
  const width = declared.length;
  const names = [...declared];
  const indexes = new Map(names.map((name, index) => [name, index]));
  /** For each spelling, the index of its declared field. */
  const meant: number[] = [];
  const byLooseName = indexesByLooseName(declared);
  const notes = fieldNotes(declared, meant);

  const spelling = (name: string): number | undefined => {
    const index = byLooseName.get(looseName(name));
    if (index === undefined || meant.length >= MAX_SPELLINGS) {
      return undefined;
    }
    meant.push(index);
    indexes.set(name, names.length);
    return names.push(name) - 1;
  };

  return {
    names,
    notes,
    indexOf: (name) => indexes.get(name) ?? spelling(name),
    resolve: (cells) => {
      const taken = new Set<number>();
      const others: string[] = [];
      for (let index = width; index < cells.length; index += 1) {
        const target = meant[index - width] as number;
        const [name, wanted] = [names[index] as string, declared[target] as string];
        if (cells[index] === undefined) {
          continue;
        }
        if (taken.has(target)) {
          throw new RowProblem("stands twice in the row", { field: wanted });
        }
        if (cells[target] === undefined) {
          taken.add(target);
          cells[target] = cells[index];
          notes.loose(wanted, name);
        } else {
          others.push(name);
        }
      }
      cells.length = width;
      return others;
    },
  };
}

function indexesByLooseName(declared: readonly string[]): ReadonlyMap<string, number> {
  const byName = Map.groupBy(declared.keys(), (index) => looseName(declared[index] as string));
  return new Map(
    [...byName].flatMap(([name, [index, another]]) =>
      index === undefined || another !== undefined ? [] : [[name, index] as const],
    ),
  );
}

/** Whether the field is one that our own error files add. @throws RowProblem when it holds the text of an unread row */
function isOurs(name: string, notes: FieldNotes): boolean {
  if (name === RAW_FIELD) {
    notes.isErrorFile = true;
    throw stillRaw();
  }
  return name === REASON_FIELD;
}

export function stillRaw(): RowProblem {
  const hint = "mend the text of this field and put it in the row's place";
  return new RowProblem(`is still the text of a row that cannot be read: ${hint}`);
}

/** Fills holes, because array methods skip them. */
function fill(cells: GivenCell[], width: number): void {
  for (let index = 0; index < width; index += 1) {
    if (cells[index] === undefined) {
      cells[index] = undefined;
    }
  }
}
