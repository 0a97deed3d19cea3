import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Source } from "../../src/domain/source.ts";
import { SYSTEMS } from "../../src/systems/index.ts";
import { useAzurite } from "../support/azurite.ts";
import { makeContainer } from "./blob/container.ts";
import { startApi } from "./http-json/source/api.ts";
import { startDatabase } from "./postgres/source/database.ts";
import { readAll, readInStretches } from "./read-all.ts";

/** The rules of every source. A system with a source is held to it by an entry in {@link PLACES}. */
const azurite = useAzurite();

/** Something that rows with an id are read from. */
interface Place {
  /** Puts rows there that no read has returned yet. */
  add(ids: readonly number[]): Promise<void>;
  readonly source: Source;
  /** The same, where nothing listens. */
  readonly elsewhere: Source;
  stop(): Promise<void>;
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  postgres: async () => {
    const { admin, source, stop } = await startDatabase();
    await admin.query("create table things (id int primary key)");
    const definition = { table: "public.things" };
    return {
      add: async (ids) => {
        await admin.query("insert into things select unnest($1::int[])", [ids]);
      },
      source: source(definition),
      elsewhere: source(definition, "postgres://nobody@127.0.0.1:1/nothing"),
      stop,
    };
  },
  "http-json": async () => {
    const [api, gone] = [await startApi(), await startApi()];
    const items: { id: number; at: string }[] = [];
    const date = (): string => new Date(Date.UTC(2026, 2, 1, 10, items.length)).toISOString();
    api.answer = (url) => {
      const from = url.searchParams.get("since") ?? "";
      return {
        headers: { date: new Date(date()).toUTCString() },
        body: { value: items.filter(({ at }) => at >= from) },
      };
    };
    const definition = {
      columns: [
        { name: "id", type: "integer" },
        { name: "at", type: "datetime" },
      ],
      incremental: {
        by: "cursor-column",
        column: "at",
        filter: { by: "parameter", parameter: "since", template: "{from}" },
      },
    };
    const elsewhere = gone.source(definition);
    await gone.stop();
    return {
      add: async (ids) => {
        for (const id of ids) {
          items.push({ id, at: date() });
        }
      },
      source: api.source(definition),
      elsewhere,
      stop: api.stop,
    };
  },
  blob: async () => {
    let minute = 0;
    const pass = (): void => void vi.setSystemTime(Date.UTC(2026, 2, 1, 10, ++minute));
    vi.useFakeTimers({ toFake: ["Date"] });
    pass();
    const container = await makeContainer(azurite.connectionString);
    const away = azurite.connectionString.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:1");
    return {
      add: async (ids) => {
        await container.put(`${minute}.csv`, `id\n${ids.join("\n")}\n`);
        pass();
      },
      source: container.source(),
      elsewhere: container.source({}, away),
      stop: async () => void vi.useRealTimers(),
    };
  },
};

const ids = (rows: readonly (readonly unknown[])[]): number[] =>
  rows.map(([id]) => Number(id)).sort((a, b) => a - b);

test("each system with a source is here", () => {
  const kinds = SYSTEMS.filter(({ source }) => source !== undefined).map(({ kind }) => kind);

  expect(Object.keys(PLACES).sort()).toEqual(kinds.sort());
});

describe.each(Object.entries(PLACES))("a source of %s", (_, open) => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
    await place.add([1, 2, 3]);
  });
  afterAll(() => place.stop());

  test("reads everything, then what is new, and everything again where it is asked for in full", async () => {
    const first = await readAll(place.source);
    await place.add([4]);
    const second = await readAll(place.source, first.cursor);
    const full = await readAll(place.source, second.cursor, "full");
    const third = await readAll(place.source, full.cursor);

    expect([first.read.mode, ids(first.rows)]).toEqual(["full", [1, 2, 3]]);
    expect(second.read.mode).toBe("incremental");
    expect(ids(second.rows)).toContain(4);
    expect(ids(second.rows)).not.toContain(1);
    expect([full.read.mode, ids(full.rows)]).toEqual(["full", [1, 2, 3, 4]]);
    expect(ids(third.rows)).not.toContain(1);
  });

  test("has no cursor before its end, and can be left before it", async () => {
    const signal = new AbortController().signal;
    const read = await place.source.read({ cursor: null, mode: "full", signal });
    const batches = read.batches[Symbol.asyncIterator]();
    await batches.next();

    expect(() => read.nextCursor()).toThrow();

    await batches.return?.();
    expect(ids((await readAll(place.source, null, "full")).rows)).toContain(3);
  });

  test("ends a read that is given up", async () => {
    const controller = new AbortController();
    const request = { cursor: null, mode: "full", signal: controller.signal } as const;
    controller.abort(new Error("the lock is lost"));

    const reading = place.source.read(request).then(async ({ batches }) => {
      for await (const _batch of batches) {
        // to the end
      }
    });

    await expect(reading).rejects.toThrow();
  });

  test("reads the same rows in stretches", async () => {
    const { rows } = await readAll(place.source, null, "full");

    const inStretches = await readInStretches(place.source);

    expect(ids(inStretches.rows)).toEqual(ids(rows));
  });

  test("says that it is away, when it is", async () => {
    await expect(readAll(place.elsewhere)).rejects.toMatchObject({ code: "source-unavailable" });
  });
});
