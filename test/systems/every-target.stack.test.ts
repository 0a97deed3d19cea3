import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Target } from "../../src/domain/target.ts";
import { SYSTEMS } from "../../src/systems/index.ts";
import { startApi, targetOf } from "./http-json/target/api.ts";
import { aRequest, startDatabase, writeBatches } from "./postgres/target/database.ts";

/** The rules of every target. A system with a target is held to it by an entry in {@link PLACES}. */

/** Something that rows `id name` are written to; it refuses names of more than five characters. */
interface Place {
  readonly target: Target;
  /** The same, where nothing listens. */
  readonly elsewhere: Target;
  /** Ids of the rows that are there, in order. */
  ids(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  postgres: async () => {
    const database = await startDatabase();
    await database.admin.query("create table things (id int primary key, name varchar(5))");
    const definition = { table: "public.things" };
    return {
      target: database.target(definition),
      elsewhere: database.target(definition, "postgres://nobody@127.0.0.1:1/nothing"),
      ids: async () =>
        (await database.rows("select id from things order by id")).map(([id]) => String(id)),
      stop: database.stop,
    };
  },
  "http-json": async () => {
    const [api, gone] = [await startApi(), await startApi()];
    const stored = new Set<string>();
    api.answer = ({ path, body }) => {
      const { name } = JSON.parse(body) as { name: string };
      if (name.length > 5) {
        return { status: 422, body: { error: { message: "the name is too long" } } };
      }
      stored.add(path.slice(path.lastIndexOf("/") + 1));
      return { status: 204 };
    };
    const definition = { method: "PUT", path: "things/{id}" };
    const elsewhere = targetOf(gone, { definition });
    await gone.stop();
    return {
      target: targetOf(api, { definition }),
      elsewhere,
      ids: async () => [...stored].sort(),
      stop: api.stop,
    };
  },
};

const COLUMNS = "id:integer name";

test("each system with a target is here", () => {
  const kinds = SYSTEMS.filter(({ target }) => target !== undefined).map(({ kind }) => kind);

  expect(Object.keys(PLACES).sort()).toEqual(kinds.sort());
});

describe.each(Object.entries(PLACES))("a target of %s", (_, open) => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place.stop());

  test("checks rows without storing one", async () => {
    const request = aRequest(COLUMNS, { validateOnly: true });

    await writeBatches(place.target, request, [[["1", "a"]]]);

    expect(await place.ids()).toEqual([]);
  });

  test("writes all rows but those that it refuses, which it names, also when the run is tried again", async () => {
    const request = aRequest(COLUMNS);
    const batches = [
      [
        ["1", "a"],
        ["2", "much too long"],
      ],
      [
        ["3", "c"],
        ["4", "too long again"],
      ],
    ];

    const failures = await writeBatches(place.target, request, batches);
    const again = await writeBatches(place.target, request, batches);

    expect(failures.map(({ row }) => row)).toEqual([2, 4]);
    expect(again.map(({ row }) => row)).toEqual([2, 4]);
    expect(await place.ids()).toEqual(["1", "3"]);
  });

  test("stores nothing of an atomic write before its commit, or refuses such a write", async () => {
    const request = aRequest(COLUMNS, { atomic: true });
    const before = await place.ids();

    const writer = await place.target.open(request).catch((error: { code: string }) => error.code);
    if (typeof writer === "string") {
      expect(writer).toBe("target-invalid");
      return;
    }
    await writer.write([["8", "h"]], 1);
    await writer.close();

    expect(await place.ids()).toEqual(before);
    await writeBatches(place.target, request, [[["9", "i"]]]);
    expect(await place.ids()).toEqual([...before, "9"]);
  });

  test("says that it is away, when it is", async () => {
    const writing = writeBatches(place.elsewhere, aRequest(COLUMNS), [[["1", "a"]]]);

    await expect(writing).rejects.toMatchObject({ code: "target-unavailable" });
  });
});
