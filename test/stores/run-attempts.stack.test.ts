import { expect, test } from "vitest";
import type { ActiveRun } from "../../src/domain/exports/run.ts";
import { OriginClosed } from "../../src/domain/ledger/ledger-entry.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import { anEntryDraft, aRun } from "../support/stored-things.ts";

const storage = useFaultyStorage();

const MANY = 50;
const EVERYTHING = { limit: 1_000, after: null };
const LATER = new Date("2026-03-01T11:00:00Z");
const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

test(`of ${MANY} attempts that begin at once one has the run, and earlier ones can change nothing`, async () => {
  const { runs } = storage.direct;
  const run = aRun();
  await runs.request(run);
  const attempts = times(MANY, (index) => ({ ...run, attempts: 1, postponements: index }));

  const won = await Promise.all(attempts.map((one) => runs.update(one, { held: 0, at: LATER })));

  expect(won.filter(Boolean)).toHaveLength(1);
  const second = { ...run, attempts: 2 };
  expect(await runs.update(second, { held: 1, at: LATER })).toBe(true);
  const late = { ...run, attempts: 1 };
  expect(await runs.beat(late, LATER)).toBe(false);
  expect(await runs.update(late, { held: 1, at: LATER })).toBe(false);
  expect(await runs.finish({ ...late, endedAt: LATER }, "moved")).toBe(false);
  expect(await runs.find(run.exportId, run.runId)).toEqual(second);
  expect(await runs.current(run.exportId)).toMatchObject({ cursor: null });
});

test("a run that lives is not sent again by who read it before, and of many who send it one does", async () => {
  const { runs } = storage.direct;
  const run = aRun();
  await runs.request(run);
  const read = (await runs.current(run.exportId)).active[0] as ActiveRun;
  await runs.beat(run, LATER);

  expect(await runs.resend(run.exportId, read, LATER)).toBeNull();
  const now = (await runs.current(run.exportId)).active[0] as ActiveRun;
  const sent = await Promise.all(times(MANY, () => runs.resend(run.exportId, now, LATER)));
  expect(sent.filter((one) => one !== null)).toMatchObject([{ resends: 1, revision: 1 }]);
});

test("an origin is closed or published, whichever comes first", async () => {
  const { ledger } = storage.direct;
  const [closed, published] = [anEntryDraft(), anEntryDraft()];
  const entry = await ledger.append(published);

  expect(await ledger.close(published.fileType, published.originId)).toEqual(entry);
  expect(await ledger.close(closed.fileType, closed.originId)).toBeNull();
  expect(await ledger.close(closed.fileType, closed.originId)).toBeNull();
  await expect(ledger.append(closed)).rejects.toBeInstanceOf(OriginClosed);
  expect(await ledger.findByOrigin(closed.fileType, closed.originId)).toBeNull();
  expect((await ledger.list(closed.fileType, EVERYTHING)).items).toEqual([]);
});
