import { expect, test } from "vitest";
import type { Row } from "../../../../src/formats/rows.ts";
import {
  type BatchOptions,
  streamBatches,
} from "../../../../src/systems/postgres/source/batches.ts";
import type { ReadSession, Rows } from "../../../../src/systems/postgres/source/read-session.ts";

/** A session that records its calls. */
function fakeSession(): { session: ReadSession; done: string[] } {
  const done: string[] = [];
  const session: ReadSession = {
    query: (text) => {
      done.push(text);
      return Promise.resolve([]);
    },
    describe: () => Promise.reject(new Error("not expected")),
    open: () => {
      throw new Error("not expected");
    },
    release: () => done.push("release"),
    discard: () => done.push("discard"),
  };
  return { session, done };
}

/** Rows "1", "2" ... in order; counts how many batches were asked for. */
function countedRows(total: number, cell = (index: number) => String(index)) {
  let [given, asked] = [0, 0];
  const rows: Rows = {
    take: async (count) => {
      asked += 1;
      const batch = Array.from({ length: Math.min(count, total - given) }, (_, index) => [
        cell(given + index + 1),
        "7",
      ]);
      given += batch.length;
      return batch;
    },
  };
  return { rows, asked: () => asked };
}

function optionsOf(
  session: ReadSession,
  rows: Rows,
  more: Partial<BatchOptions> = {},
): BatchOptions {
  return {
    session,
    rows,
    columns: [
      { name: "id", kind: { type: "integer", convert: null } },
      { name: "seven", kind: { type: "integer", convert: (text) => `${text}!` } },
    ],
    maxRows: 10,
    timeoutMs: 1_000,
    onMark: null,
    onPlace: null,
    onEnd: () => Promise.resolve(),
    ...more,
  };
}

test("streamBatches asks for one batch ahead and no more", async () => {
  const { session } = fakeSession();
  const { rows, asked } = countedRows(1_000);
  const batches = await streamBatches(optionsOf(session, rows));
  const ahead: number[] = [];
  let used = 0;

  for await (const _ of batches) {
    used += 1;
    // Time for anything that would ask on its own.
    await new Promise(setImmediate);
    ahead.push(asked() - used);
  }

  expect(used).toBe(100);
  expect(new Set(ahead)).toEqual(new Set([1]));
});

test("streamBatches converts cells and takes the marks out of the rows", async () => {
  const { session, done } = fakeSession();
  const { rows } = countedRows(3);
  const marks: string[] = [];
  const columns = [
    { name: "id", kind: { type: "integer", convert: (text: string) => `<${text}>` } as const },
  ];

  const read: Row[] = [];
  for await (const batch of await streamBatches(
    optionsOf(session, rows, { columns, onMark: (mark) => marks.push(mark) }),
  )) {
    read.push(...batch);
  }

  expect(read).toEqual([["<1>"], ["<2>"], ["<3>"]]);
  expect(marks).toEqual(["7", "7", "7"]);
  expect(done).toEqual(["commit", "release", "discard"]);
});

test("streamBatches gives up the session when its end fails, and does not commit", async () => {
  const { session, done } = fakeSession();
  const { rows } = countedRows(3);
  const onEnd = () => Promise.reject(new Error("not durable"));
  const batches = await streamBatches(optionsOf(session, rows, { onEnd }));

  const reading = (async () => {
    for await (const _ of batches) {
      // Only to reach the end.
    }
  })();

  await expect(reading).rejects.toThrow("not durable");
  expect(done).toEqual(["discard"]);
});
