import { expect, test } from "vitest";
import type { RowPlan } from "../../../src/domain/imports/plan-rows.ts";
import { type BadRow, type RowWork, writeRows } from "../../../src/domain/imports/write-rows.ts";
import type { RowFailure } from "../../../src/domain/target.ts";
import type { RowBatch } from "../../../src/formats/row-sink.ts";
import type { Row } from "../../../src/formats/rows.ts";

/** Rows with `invalid` do not pass the checks, rows with `refused` are refused by the target. */
const PLAN: RowPlan = {
  columns: [{ name: "id", type: "string" }],
  ignored: [],
  matchedLoosely: [],
  read: (row, number) =>
    row[0] === "invalid" ? { failures: [failure(number, "is invalid")] } : { cells: row },
};

function failure(row: number, reason: string): RowFailure {
  return { row, field: "id", value: null, reason };
}

interface Result {
  readonly written: [firstRow: number, ids: string][];
  readonly bad: string[];
  readonly counts: { rows: number; invalid: number; refused: number };
  readonly stoppedAt: BadRow | null;
}

async function run(batches: readonly RowBatch[], stopAtBadRow = false): Promise<Result> {
  const written: [number, string][] = [];
  const bad: string[] = [];
  const counts = { rows: 0, invalidRows: 0, refusedRows: 0 };
  const stoppedAt = await writeRows({
    batches: (async function* () {
      yield* batches;
    })(),
    plan: PLAN,
    writer: {
      write: async (rows: readonly Row[], firstRow: number) => {
        written.push([firstRow, rows.map(([id]) => id).join(",")]);
        return rows.flatMap(([id], index) =>
          id === "refused"
            ? [failure(firstRow + index, "is refused"), failure(firstRow + index, "twice")]
            : [],
        );
      },
      commit: async () => undefined,
      close: async () => undefined,
    },
    counts,
    stopAtBadRow,
    onBadRows: async (rows) => {
      bad.push(
        ...rows.map(({ number, values, failures }) => `${number} ${values} ${failures.length}`),
      );
    },
  });
  const { rows, invalidRows: invalid, refusedRows: refused } = counts;
  return { written, bad, counts: { rows, invalid, refused }, stoppedAt };
}

/** @param ids in order; null: a row that could not be read */
function batch(firstRow: number, ids: readonly (string | null)[]): RowBatch {
  return {
    firstRow,
    rows: ids.flatMap((id) => (id === null ? [] : [[id]])),
    failures: ids.flatMap((id, index) =>
      id === null ? [{ ...failure(firstRow + index, "is torn"), raw: "torn" }] : [],
    ),
  };
}

test("numbers good rows by themselves towards the target, and bad ones as the file does", async () => {
  const result = await run([
    batch(1, ["a", null, "invalid", "b"]),
    batch(5, ["invalid"]),
    batch(6, ["c", "refused", null, "d"]),
  ]);

  expect(result.written).toEqual([
    [1, "a,b"],
    [3, "c,refused,d"],
  ]);
  expect(result.bad).toEqual(["2 torn 1", "3 invalid 1", "5 invalid 1", "7 refused 2", "8 torn 1"]);
  expect(result.counts).toEqual({ rows: 9, invalid: 4, refused: 1 });
});

test("a row has the same number towards the target wherever batches end", async () => {
  const ids = ["a", "invalid", "b", null, "refused", "c", "invalid", "d"];
  const numbers = async (size: number): Promise<string[]> => {
    const batches: RowBatch[] = [];
    for (let from = 0; from < ids.length; from += size) {
      batches.push(batch(from + 1, ids.slice(from, from + size)));
    }
    const { written } = await run(batches);
    return written.flatMap(([first, list]) =>
      list.split(",").map((id, index) => `${first + index} ${id}`),
    );
  };

  const whole = await numbers(ids.length);

  expect(whole).toEqual(["1 a", "2 b", "3 refused", "4 c", "5 d"]);
  for (const size of [1, 2, 3, 5]) {
    expect(await numbers(size)).toEqual(whole);
  }
});

test.each([
  ["cannot be read", null, "2 torn 1"],
  ["does not pass", "invalid", "2 invalid 1"],
  ["is refused", "refused", "2 refused 2"],
])("stops at the first row that %s, when it is to", async (_, id, expected) => {
  const result = await run([batch(1, ["a", id, "b"]), batch(4, ["c"])], true);

  expect([result.stoppedAt?.number, result.bad]).toEqual([2, [expected]]);
  expect(result.counts.rows).toBe(3);
});

test("a target that refuses a row which it was not given is a fault", async () => {
  const writer = {
    write: async () => [failure(99, "is refused")],
    commit: async () => undefined,
    close: async () => undefined,
  };
  const work: RowWork = {
    batches: (async function* () {
      yield batch(1, ["a"]);
    })(),
    plan: PLAN,
    writer,
    counts: { rows: 0, invalidRows: 0, refusedRows: 0 },
    stopAtBadRow: false,
    onBadRows: async () => undefined,
  };

  await expect(writeRows(work)).rejects.toThrow("refused row 99");
});
