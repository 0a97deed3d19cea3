import { buffer } from "node:stream/consumers";
import { expect } from "vitest";
import { importEntity } from "../../src/domain/imports/import-entity.ts";
import type { EntityResult } from "../../src/domain/imports/import-result.ts";
import { openParts } from "../../src/domain/imports/parts.ts";
import type { Files } from "../../src/domain/ports.ts";
import type { Target } from "../../src/domain/target.ts";
import type { Cell } from "../../src/formats/rows.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { aSubmission } from "./a-submission.ts";
import { anAttempt } from "./an-attempt.ts";
import {
  COLUMNS,
  type ColumnName,
  formatOf,
  type GivenFile,
  namesItsColumnsOnce,
  textOf,
} from "./given-file.ts";

/** The target's rows by their keys. */
export type Table = Readonly<Record<string, Readonly<Record<ColumnName, Cell>>>>;

/** Content before each import; the keys 3 to 5 are free. */
export const BEFORE: Table = {
  1: { a: "a1", b: null, c: "c1" },
  2: { a: null, b: "b2", c: "c2" },
};
/** The target's default for new rows. */
export const DEFAULT = "new";

/** Imports a file all the way from its bytes. */
export async function importGivenFile(
  file: GivenFile,
  target: Target,
  targetDefinition: object,
): Promise<EntityResult> {
  const definition = DEFINITION_SCHEMAS.kinds.imports.parse({
    format: formatOf(file),
    entities: [
      {
        name: "Items",
        columns: [
          { name: "no", required: true },
          ...COLUMNS.map((name) => ({ name, optional: file.optional[name], emptyIsNull: true })),
        ],
        target: { ...targetDefinition, mode: file.mode },
      },
    ],
  });
  const content = textOf(file);
  const files = {
    read: async (_, range) => {
      const part = range === undefined ? content : content.subarray(range.from, range.to);
      return {
        bytes: content.length,
        contentType: null,
        content: (async function* () {
          yield part;
        })(),
      };
    },
    write: async (_, written) => {
      await buffer(written);
    },
  } as Pick<Files, "read" | "write"> as Files;
  const submission = aSubmission({
    content: definition.format.kind === "package" ? "package" : "file",
  });
  const attempt = await anAttempt(submission, definition, { files, openTarget: () => target });
  for (const part of await openParts(attempt)) {
    await importEntity(attempt, part);
  }
  attempt.stop();
  const [entity] = attempt.ended;
  if (entity === undefined) {
    throw new Error("the file could not be opened");
  }
  return entity.result;
}

/** The rule, in the fewest words: row by row, what is mentioned is written, and nothing else changes. */
export function expectedAfter(file: GivenFile): { table: Table; isRefused: boolean } {
  if (isRefused(file)) {
    return { table: BEFORE, isRefused: true };
  }
  const table: Record<string, Record<ColumnName, Cell>> = structuredClone(BEFORE) as never;
  for (const { no, cells } of file.rows) {
    if (table[no] !== undefined && file.mode === "insert") {
      continue;
    }
    table[no] ??= { a: DEFAULT, b: DEFAULT, c: DEFAULT };
    for (const name of COLUMNS) {
      const cell = cells[name];
      if (cell !== undefined) {
        (table[no] as Record<ColumnName, Cell>)[name] = cell;
      }
    }
  }
  return { table, isRefused: false };
}

function isRefused({ format, rows, spellings, optional }: GivenFile): boolean {
  const needed = COLUMNS.filter((name) => !optional[name]);
  if (namesItsColumnsOnce(format)) {
    return needed.some((name) => spellings[name] === null);
  }
  const isMentioned = (name: ColumnName) => rows.some(({ cells }) => cells[name] !== undefined);
  return rows.length > 0 && !needed.every(isMentioned);
}

export function expectLossless(file: GivenFile, result: EntityResult, after: Table): void {
  const expected = expectedAfter(file);
  expect(after).toEqual(expected.table);
  expect([result.outcome, result.because ?? ""]).toEqual(
    expected.isRefused
      ? ["not-kept", expect.stringContaining("it lacks the column(s)")]
      : ["kept", ""],
  );
}
