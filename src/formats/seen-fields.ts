/** What the rows of a file that name their own fields have named so far. */
export interface SeenFields {
  /** Declared fields, under whatever spelling. */
  readonly found: ReadonlySet<string>;
  readonly loose: readonly LooseMatch[];
  /** The first names of fields that no column takes. */
  readonly others: readonly string[];
  /** Whether the file holds rows that an import gave back because it could not read them. */
  readonly isErrorFile: boolean;
}

/** A field of the file that was taken for another, because no other could be meant. */
export interface LooseMatch {
  /** Name that the import has for it. */
  readonly wanted: string;
  /** Name that the file has. */
  readonly field: string;
}

/** Takes notes for {@link SeenFields}. */
export interface FieldNotes {
  /** By index: the declared fields, then other spellings. */
  readonly found: boolean[];
  isErrorFile: boolean;
  loose(wanted: string, field: string): void;
  other(name: string): void;
  readonly seen: () => SeenFields;
}

/** A file can have any number of them. */
const MAX_NOTED = 50;
const MAX_NAME_LENGTH = 200;

/** @param meant for each spelling behind the declared names, the index that it stands for */
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
