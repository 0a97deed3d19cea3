import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Source } from "../../../../src/domain/source.ts";
import { useAzurite } from "../../../support/azurite.ts";
import { readAll, readInStretches } from "../../read-all.ts";
import { type Container, makeContainer } from "../container.ts";

/** The storage runs in this process, so that a test sets its clock. */
const azurite = useAzurite();
let container: Container;
let source: Source;

const at = (time: string): void => void vi.setSystemTime(`2026-03-01T${time}Z`);
const file = (...ids: number[]): string => `id\n${ids.join("\n")}\n`;
const ids = (rows: readonly (readonly (string | null)[])[]): number[] =>
  rows.map(([id]) => Number(id));

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  at("10:00:00");
  container = await makeContainer(azurite.connectionString);
  source = container.source({ prefix: "in/", incremental: { by: "new-files", settleMs: 10_000 } });
});
afterEach(() => {
  vi.useRealTimers();
});

async function newIds(cursor: string | null): Promise<{ ids: number[]; cursor: string }> {
  const read = await readAll(source, cursor);
  return { ids: ids(read.rows), cursor: read.cursor };
}

test("each file is read once, by the time of its change and then by name", async () => {
  await container.put("in/b.csv", file(3));
  await container.put("in/a.csv", file(1, 2));
  at("10:00:05");
  await container.put("in/0.csv", file(4));
  await container.put("out/a.csv", file(9));
  at("10:01:00");

  const first = await readAll(source);
  const second = await readAll(source, first.cursor);

  expect([first.read.mode, ids(first.rows)]).toEqual(["full", [1, 2, 3, 4]]);
  expect([second.read.mode, second.rows]).toEqual(["incremental", []]);
  expect(first.read.window()).toEqual({ from: null, to: "2026-03-01T10:00:50.000Z" });
  expect(second.read.window()).toEqual({
    from: "2026-03-01T10:00:50.000Z",
    to: "2026-03-01T10:00:50.000Z",
  });
});

test("a file that is overwritten is read again, whole; one that is deleted leaves no trace", async () => {
  await container.put("in/a.csv", file(1));
  await container.put("in/b.csv", file(2));
  at("10:01:00");
  const first = await newIds(null);
  await container.put("in/a.csv", file(1, 3));
  await container.remove("in/b.csv");
  at("10:02:00");

  expect((await newIds(first.cursor)).ids).toEqual([1, 3]);
});

test("whatever second a file is written in, before, at or behind the edge, it is read once", async () => {
  const read: number[] = [];
  let cursor: string | null = null;
  for (let second = 0; second < 40; second++) {
    at(`10:00:${String(second).padStart(2, "0")}`);
    await container.put(`in/${39 - second}-before.csv`, file(2 * second));
    // every read is made between two files of the same second
    const next = await newIds(cursor);
    read.push(...next.ids);
    cursor = next.cursor;
    await container.put(`in/${39 - second}-after.csv`, file(2 * second + 1));
  }
  at("10:01:00");
  read.push(...(await newIds(cursor)).ids);

  expect(read.sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, id) => id));
});

test("a clock that was set back loses no file, and has none read twice", async () => {
  at("10:05:40");
  await container.put("in/a.csv", file(1));
  at("10:06:00");
  const first = await newIds(null);
  at("10:05:30");
  const second = await newIds(first.cursor);
  at("10:07:00");
  await container.put("in/b.csv", file(2));
  at("10:08:00");

  expect([first.ids, second.ids]).toEqual([[1], []]);
  expect((await newIds(second.cursor)).ids).toEqual([2]);
});

test("a file that is not left alone yet waits, also for a full read", async () => {
  await container.put("in/a.csv", file(1));
  at("10:00:09");
  const early = await readAll(source, null, "full");
  at("10:00:10");

  expect(early.rows).toEqual([]);
  expect((await newIds(early.cursor)).ids).toEqual([1]);
});

test("a single file is read when it has changed", async () => {
  source = container.source({ blob: "in/a.csv" });
  await container.put("in/a.csv", file(1));
  await container.put("in/a.csv.csv", file(9));
  at("10:05:00");
  const first = await newIds(null);
  const second = await newIds(first.cursor);
  await container.put("in/a.csv", file(1, 2));
  at("10:10:00");

  expect([first.ids, second.ids, (await newIds(second.cursor)).ids]).toEqual([[1], [], [1, 2]]);
});

test("without a way to find changes every read returns all there is", async () => {
  source = container.source({ incremental: { by: "none" } });
  await container.put("in/a.csv", file(1));
  const first = await newIds(null);

  expect([first.ids, (await newIds(first.cursor)).ids]).toEqual([[1], [1]]);
});

test.each([
  ["other files", { prefix: "in/", suffix: ".csv" }, /^the files, or the account/],
  ["no text of ours", null, /^the cursor is of another version or damaged$/],
])("a cursor of %s means nothing, and says so", async (_, definition, because) => {
  await container.put("in/a.csv", file(1));
  at("10:05:00");
  const cursor = definition === null ? "{" : (await newIds(null)).cursor;
  const { read, rows } = await readAll(container.source(definition ?? {}), cursor);

  expect([read.mode, ids(rows)]).toEqual(["full", [1]]);
  expect(read.fullBecause).toMatch(because);
});

test("a read goes on behind any file, and reads what a read without a stop does", async () => {
  for (let index = 0; index < 6; index++) {
    await container.put(
      `in/${index % 2}/${index}.csv`,
      index === 3 ? "id\n" : file(index, 10 + index),
    );
    at(`10:00:0${index}`);
  }
  at("10:01:00");
  const whole = await readAll(source);

  const { rows, cursor, stretches } = await readInStretches(source);

  expect(stretches).toBe(7);
  expect(rows).toEqual(whole.rows);
  expect(cursor).toBe(whole.cursor);
});

test("what changes between two stretches is read by the next run, and nothing is lost", async () => {
  await container.put("in/a.csv", file(1));
  await container.put("in/b.csv", file(2));
  await container.put("in/c.csv", file(3));
  at("10:01:00");
  const changes = [
    () => container.put("in/a.csv", file(1, 4)),
    async () => {
      await container.put("in/c.csv", file(3, 5));
      await container.put("in/d.csv", file(6));
    },
  ];

  const first = await readInStretches(source, null, () => changes.shift()?.());
  at("10:02:00");

  expect(ids(first.rows)).toEqual([1, 2]);
  expect((await newIds(first.cursor)).ids).toEqual([1, 4, 3, 5, 6]);
});
