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

function entityOf(name: string, events: string[], failure?: Error): PackageEntity {
  return {
    name,
    content: async function* content() {
      events.push(`open ${name}`);
      yield Buffer.from("id\r\n");
      if (failure !== undefined) {
        throw failure;
      }
      events.push(`end ${name}`);
    },
    columns: () => {
      events.push(`columns of ${name}`);
      return ["id"];
    },
  };
}

test("writePackage opens one entity after the other and asks for columns at the end", async () => {
  const events: string[] = [];
  const entities = [entityOf("a", events), entityOf("b", events)];

  await collected(writePackage({ options, entities, writtenAt }));

  expect(events).toEqual(["open a", "end a", "open b", "end b", "columns of a", "columns of b"]);
});

test("writePackage opens nothing before it is read", () => {
  const events: string[] = [];

  writePackage({ options, entities: [entityOf("a", events)], writtenAt });

  expect(events).toEqual([]);
});

test("writePackage fails with the entity whose source fails, and asks for nothing more", async () => {
  const events: string[] = [];
  const entities = [
    entityOf("a", events),
    entityOf("b", events, new Error("connection lost")),
    entityOf("c", events),
  ];

  await expect(collected(writePackage({ options, entities, writtenAt }))).rejects.toThrow(
    "connection lost",
  );

  expect(events).toEqual(["open a", "end a", "open b"]);
});

test("writePackage fails when a column's name cannot stand in the manifest", async () => {
  const entity = { ...entityOf("a", []), columns: () => ["\uFFFE"] };

  await expect(collected(writePackage({ options, entities: [entity], writtenAt }))).rejects.toThrow(
    "U+FFFE",
  );
});
