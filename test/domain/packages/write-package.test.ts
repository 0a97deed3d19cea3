import { expect, test } from "vitest";
import { FormatOptions, type PackageOptions } from "../../../src/contracts/export-shape.ts";
import { type PackageEntity, writePackage } from "../../../src/domain/packages/write-package.ts";
import { collected } from "../../formats/write-file.ts";

const options = FormatOptions.parse({
  kind: "package",
  definitionGroup: "Shop",
  file: { kind: "csv" },
}) as PackageOptions;
const writtenAt = new Date("2024-02-29T12:34:56Z");

interface Behaviour {
  readonly failure?: Error;
  readonly column?: string;
}

function entityOf(
  name: string,
  events: string[],
  { failure, column = "id" }: Behaviour = {},
): PackageEntity {
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from("id\r\n");
    if (failure !== undefined) {
      throw failure;
    }
    events.push(`end ${name}`);
  }
  return {
    name,
    open: async () => {
      events.push(`open ${name}`);
      return { columns: [{ name: column, type: "integer" }], bytes: bytes() };
    },
  };
}

test("writePackage opens one entity after the other", async () => {
  const events: string[] = [];
  const entities = [entityOf("a", events), entityOf("b", events)];

  await collected(writePackage({ options, entities, writtenAt }));

  expect(events).toEqual(["open a", "end a", "open b", "end b"]);
});

test("writePackage opens nothing before it is read", () => {
  const events: string[] = [];

  writePackage({ options, entities: [entityOf("a", events)], writtenAt });

  expect(events).toEqual([]);
});

test("writePackage fails with the entity that fails, and opens no other", async () => {
  const events: string[] = [];
  const failure = new Error("connection lost");
  const entities = ["a", "b", "c"].map((name) =>
    entityOf(name, events, name === "b" ? { failure } : {}),
  );

  await expect(collected(writePackage({ options, entities, writtenAt }))).rejects.toBe(failure);

  expect(events).toEqual(["open a", "end a", "open b"]);
});

test("writePackage fails with an entity that cannot be opened", async () => {
  const failure = new Error("no such table");
  const entity: PackageEntity = { name: "a", open: () => Promise.reject(failure) };

  await expect(collected(writePackage({ options, entities: [entity], writtenAt }))).rejects.toBe(
    failure,
  );
});

test("writePackage fails when a column's name cannot stand in the manifest", async () => {
  const entity = entityOf("a", [], { column: "\uFFFE" });

  await expect(collected(writePackage({ options, entities: [entity], writtenAt }))).rejects.toThrow(
    "U+FFFE",
  );
});
