import { randomBytes, randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { PASSING_FAULTS, useFaultyStorage } from "../support/faulty-storage.ts";
import { aFileType, anEntryDraft } from "../support/stored-things.ts";

const storage = useFaultyStorage();

const DELETED_AT = new Date("2026-03-09T10:00:00Z");

test("kept files come oldest first, until their deletion is noted", async () => {
  const { ledger } = storage.direct;
  const fileType = aFileType();
  const entries = [];
  for (let count = 0; count < 12; count++) {
    entries.push(await ledger.append(anEntryDraft({ fileType })));
  }
  const [first, second] = entries as [(typeof entries)[number], (typeof entries)[number]];

  await ledger.noteDeleted(second, DELETED_AT);

  expect(await ledger.kept(fileType, 3)).toEqual([first, entries[2], entries[3]]);
  expect(await ledger.kept(fileType, 100)).toHaveLength(11);
  expect(await ledger.find(fileType, 2)).toEqual({ ...second, deletedAt: DELETED_AT });
  expect(await ledger.find(fileType, 1)).toEqual({ ...first, deletedAt: null });
  expect(await ledger.fileTypes()).toContain(fileType);
});

test("the first time that a deletion is noted stays", async () => {
  const { ledger } = storage.direct;
  const entry = await ledger.append(anEntryDraft());

  await ledger.noteDeleted(entry, DELETED_AT);
  await ledger.noteDeleted(entry, new Date("2027-01-01T00:00:00Z"));

  expect((await ledger.find(entry.fileType, 1))?.deletedAt).toEqual(DELETED_AT);
  expect(await ledger.findByOrigin(entry.fileType, entry.originId)).toMatchObject({ sequence: 1 });
});

test.each(Object.entries(PASSING_FAULTS))("a deletion is noted although %s", async (_, fault) => {
  const entry = await storage.direct.ledger.append(anEntryDraft());
  storage.tables.inject({ method: "POST", fault });

  await storage.faulty.ledger.noteDeleted(entry, DELETED_AT);

  expect((await storage.direct.ledger.find(entry.fileType, 1))?.deletedAt).toEqual(DELETED_AT);
  expect(await storage.direct.ledger.kept(entry.fileType, 9)).toEqual([]);
});

const MIB = 2 ** 20;

test.each([
  [0, 1],
  [0, 0],
  [5, 4 * MIB + 6],
  [4 * MIB, 8 * MIB],
  [9 * MIB, 9 * MIB + 7],
  [3, 9 * MIB + 7],
])("bytes %i to %i of a file are read, and nothing else is fetched", async (from, to) => {
  const whole = randomBytes(9 * MIB + 7);
  const path = { container: `c${randomUUID()}`, name: "a.csv" };
  await storage.direct.files.write(path, chunks(whole), "text/csv");
  const before = storage.blobs.count("GET");

  const file = await storage.faulty.files.read(path, { from, to });
  const part = await buffer(file?.content ?? chunks(Buffer.of()));

  expect(file?.bytes).toBe(whole.length);
  expect(part.equals(whole.subarray(from, to))).toBe(true);
  expect(storage.blobs.count("GET") - before).toBe(Math.ceil((to - from) / (4 * MIB)));
});

test("a part that breaks off is fetched again from where it was asked for", async () => {
  const whole = randomBytes(9 * MIB);
  const path = { container: `c${randomUUID()}`, name: "a.csv" };
  await storage.direct.files.write(path, chunks(whole), "text/csv");
  storage.blobs.inject({
    method: "GET",
    skip: 1,
    times: 2,
    fault: { kind: "cut-response", afterBytes: MIB },
  });

  const file = await storage.faulty.files.read(path, { from: MIB, to: 9 * MIB });

  expect((await buffer(file?.content ?? chunks(Buffer.of()))).equals(whole.subarray(MIB))).toBe(
    true,
  );
});

async function* chunks(whole: Uint8Array): AsyncGenerator<Uint8Array> {
  yield whole;
}
