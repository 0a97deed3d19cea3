/** Fields named so far by the rows of a file, where rows name their own fields. */
export interface SeenFields {
  /** Declared fields that were found, in any spelling. */
  readonly found: ReadonlySet<string>;
  readonly loose: readonly LooseMatch[];
  /** The first names of fields that match no column. */
  readonly others: readonly string[];
  /** Whether the file holds rows from an error file that could not be read before. */
  readonly isErrorFile: boolean;
}

/** A field of the file that was matched to a name with another spelling. */
export interface LooseMatch {
  /** Name in the import. */
  readonly wanted: string;
  /** Name in the file. */
  readonly field: string;
}

/** Collects {@link SeenFields}. */
export interface FieldNotes {
  /** By index: the declared fields, then other spellings. */
  readonly found: boolean[];
  isErrorFile: boolean;
  loose(wanted: string, field: string): void;
  other(name: string): void;
  readonly seen: () => SeenFields;
}

/** Limit, because a file can have any number of unknown names. */
const MAX_NOTED = 50;
const MAX_NAME_LENGTH = 200;

/** @param meant for each spelling after the declared names, the index of its declared name */
export function fieldNotes(declared: readonly string[], meant: readonly number[]): FieldNotes {
  const found: boolean[] = [];
  const loose = new Map<string, string>();
  const others = new Set<string>();
  const notes: FieldNotes = {
    found,
    isErrorFile: false,
    loose: (wanted, field) => {
      if (loose.size < MAX_NOTED) {
        loose.set(field, wanted);
      }
    },
    other: (name) => {
      if (others.size < MAX_NOTED) {
        others.add(name.slice(0, MAX_NAME_LENGTH));
      }
    },
    seen: () => ({
      found: new Set(
        Object.keys(found).map((key) => {
          const index = Number(key);
          return declared[meant[index - declared.length] ?? index] as string;
        }),
      ),
      loose: [...loose].map(([field, wanted]) => ({ wanted, field })),
      others: [...others],
      isErrorFile: notes.isErrorFile,
    }),
  };
  return notes;
}
