import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../infra/local/azurite.ts";
import { FormatOptions, type PackageOptions } from "../../src/contracts/export-shape.ts";
import { writePackage } from "../../src/domain/packages/write-package.ts";
import { type ImportOutcome, type ImportWorld, makeImportWorld } from "../support/import-world.ts";

let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite({});
});

afterAll(async () => {
  await azurite.stop();
});

const OPTIONS = FormatOptions.parse({
  kind: "package",
  definitionGroup: "Shop",
  file: { kind: "csv" },
}) as PackageOptions;

/** A package with these files, in this order. */
function packageOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entities = Object.entries(files).map(([name, content]) => ({
    name,
    open: async () => ({ columns: [], bytes: bytesOf(content) }),
  }));
  return buffer(
    writePackage({ options: OPTIONS, entities, writtenAt: new Date("2026-03-01T10:00:00Z") }),
  );
}

async function* bytesOf(content: string): AsyncGenerator<Buffer> {
  yield Buffer.from(content);
}

/** Groups go to a table, prices to whoever subscribes to them, and items, which refer to groups, come last. */
function definition(errors: Record<string, unknown> = {}) {
  const table = { kind: "postgres", connection: "db", table: "public.things", mode: "insert" };
  return {
    format: { kind: "package" },
    entities: [
      { name: "Item groups", columns: [{ name: "id", required: true }], target: table },
      {
        name: "Prices",
        columns: [{ name: "price", type: "decimal", min: 0 }],
        target: { kind: "publication", fileType: `World.P${randomBytes(6).toString("hex")}` },
      },
      { name: "Items", columns: [{ name: "id" }, { name: "group" }], target: table },
    ],
    errors,
  };
}

const FILES = {
  items: "id,group\r\ni1,g1\r\ni2,refused\r\n",
  "item groups": "id\r\ng1\r\ng2\r\n",
  Prices: "price\r\n1.50\r\n2\r\n",
};

async function live(world: ImportWorld): Promise<ImportOutcome> {
  await world.handIn(world.ordered, "shop.zip", await packageOf(FILES));
  await world.settle();
  return world.outcome();
}

function makeWorld(errors?: Record<string, unknown>, killAt: number | null = null) {
  return makeImportWorld(azurite.connectionString, {
    definition: definition(errors),
    content: "package",
    killAt,
  });
}

test("a package's entities are imported in the order of the definition, killed at any await or not", async () => {
  const undisturbed = await makeWorld();
  const expected = await live(undisturbed);
  const { points } = undisturbed.killer;
  expect(expected).toEqual({
    rows: ["Item groups: g1", "Item groups: g2", "Items: i1,g1"],
    messages: [
      "shop.zip 1 processed-with-errors 1  Item groups kept 2-0-0 Prices kept 2-0-0 Items kept 2-0-1",
    ],
    errorFiles: ["WaybillReason,id,group\r\nrow 2: name is not wanted here,i2,refused\r\n"],
    owed: 0,
    strayFiles: 0,
    published: ["1 2 price\r\n1.50\r\n2\r\n"],
  });

  for (let killAt = 1; killAt <= points; killAt++) {
    const outcome = await live(await makeWorld({}, killAt));
    expect(outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`imports of packages killed at every await: ${points} points tried\n`);
}, 600_000);

test("behind an entity that is not kept, none is begun; those before it stay", async () => {
  const world = await makeWorld({ onRowErrors: "stop" });
  const content = await packageOf({ ...FILES, Prices: "price\r\n1\r\n-1\r\n2\r\n" });

  await world.handIn(world.unordered, "shop.zip", content);
  await world.settle();

  const outcome = await world.outcome();
  expect(outcome.messages).toEqual([
    "shop.zip  processed-with-errors 1  Item groups kept 2-0-0 Prices not-kept 3-1-0 Items not-run 0-0-0",
  ]);
  expect([outcome.rows, outcome.published]).toEqual([["Item groups: g1", "Item groups: g2"], []]);
});

test.each([
  ["an entity that the import does not know", { Customers: "id\r\n1\r\n" }, "content-wrong"],
  ["a file that breaks off", { "Item groups": 'id\r\ng1\r\n"g2' }, undefined],
  [
    "a file without a column that must be there",
    { "Item groups": "no\r\n1\r\n" },
    "columns-missing",
  ],
])("a package with %s ends with a reason", async (_, files, code) => {
  const world = await makeWorld();

  const id = await world.handIn(world.ordered, "shop.zip", await packageOf(files));
  await world.settle();

  const message = await world.ports.inbox.find(id);
  expect([message?.state, message?.failure?.code]).toEqual([
    code === undefined ? "processed-with-errors" : "preprocessing-failed",
    code,
  ]);
});
