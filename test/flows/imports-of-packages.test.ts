import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { manifestPackage, type PackageFile } from "../support/manifest-package.ts";
import { type Sender, type SenderOutcome, sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

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

/** In an order in which no import would work; the first two have the same place. */
const FILES = {
  items: { content: "id,group\r\ni1,g1\r\ni2,refused\r\n", fields: { LevelInExecutionUnit: "2" } },
  Prices: { content: "price\r\n1.50\r\n2\r\n" },
  "item groups": { content: "id\r\ng1\r\ng2\r\n" },
} satisfies Record<string, PackageFile>;

async function live(
  world: Sender,
  files: Record<string, PackageFile> = FILES,
): Promise<SenderOutcome> {
  await world.send(world.ordered, "shop.zip", manifestPackage(files));
  await world.settle();
  return world.outcome();
}

async function aWorld(errors?: Record<string, unknown>, killAt: number | null = null) {
  return sender(await makeWorld({ killAt }), definition(errors), "package");
}

test("a package's entities are imported level by level, then in the order of the definition, killed at any await or not (C4, C7)", async () => {
  const undisturbed = await aWorld();
  const expected = await live(undisturbed);
  const { points } = undisturbed.killer;
  expect(expected).toEqual({
    rows: ["Item groups: g1", "Item groups: g2", "Items: i1,g1"],
    submissions: [
      "shop.zip 1 processed-with-errors 1  Item groups kept 2-0-0 Prices kept 2-0-0 Items kept 2-0-1",
    ],
    errorFiles: ["WaybillReason,id,group\r\nrow 2: name is not wanted here,i2,refused\r\n"],
    owed: 0,
    strayFiles: 0,
    published: ["1 2 price\r\n1.50\r\n2\r\n"],
  });

  for (let killAt = 1; killAt <= points; killAt++) {
    const outcome = await live(await aWorld({}, killAt));
    expect(outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`imports of packages killed at every await: ${points} points tried\n`);
}, 600_000);

/** State of each entity, in the order of their imports. */
async function imported(
  files: Record<string, PackageFile>,
  errors?: Record<string, unknown>,
): Promise<string[]> {
  const world = await aWorld(errors);
  const id = await world.send(world.unordered, "shop.zip", manifestPackage(files));
  await world.settle();
  const submission = await world.ports.submissions.find(id);
  return [
    ...(submission?.result?.entities ?? []).map(({ name, outcome, because }) =>
      [name, outcome, because].filter(Boolean).join(": "),
    ),
    submission?.state ?? "",
  ];
}

const GROUPS: PackageFile = { content: "id\r\ng1\r\n" };
const ITEMS: PackageFile = { content: "id,group\r\ni1,g1\r\n" };
const PRICES: PackageFile = { content: "price\r\n1\r\n" };
const BAD_PRICES: PackageFile = { content: "price\r\n1\r\n-1\r\n2\r\n" };

/** @param place unit, level and sequence: `1.2.3` */
function at(file: PackageFile, place: string): PackageFile {
  const [unit = "1", level = "1", sequence = "1"] = place.split(".");
  const fields = { ExecutionUnit: unit, LevelInExecutionUnit: level, SequenceInLevel: sequence };
  return { ...file, fields: { ...fields, ...file.fields } };
}

test.each<[what: string, files: Record<string, PackageFile>, order: string]>([
  [
    "nothing",
    { Items: ITEMS, Prices: PRICES, "Item groups": GROUPS },
    "Item groups, Prices, Items",
  ],
  [
    "sequences",
    { "Item groups": at(GROUPS, "1.1.3"), Prices: at(PRICES, "1.1.2"), Items: at(ITEMS, "1.1.1") },
    "Items, Prices, Item groups",
  ],
  [
    "levels, which go before sequences",
    { "Item groups": at(GROUPS, "1.2.1"), Prices: at(PRICES, "1.1.9"), Items: at(ITEMS, "1.10.1") },
    "Prices, Item groups, Items",
  ],
  [
    "units, which go before levels",
    { "Item groups": at(GROUPS, "2.1"), Prices: at(PRICES, "3.1"), Items: at(ITEMS, "1.9") },
    "Items, Item groups, Prices",
  ],
  [
    "a place of some, and the others none",
    { Items: ITEMS, Prices: at(PRICES, "1.5"), "Item groups": at(GROUPS, "1.0") },
    "Item groups, Items, Prices",
  ],
])("a manifest that gives %s", async (_, files, order) => {
  const outcomes = await imported(files);

  expect(outcomes.slice(0, -1).map((outcome) => outcome.split(":")[0])).toEqual(order.split(", "));
  expect(outcomes.at(-1)).toBe("processed");
});

const STOP = { onRowErrors: "stop" };
const NOT_KEPT =
  "Prices: not-kept: row 2 is bad, and the import stops at the first bad row: price is less than 0";

test("behind an entity that is not kept none of its unit is begun, and the submission says why; those before it stay", async () => {
  const files = { Items: at(ITEMS, "1.3"), Prices: at(BAD_PRICES, "1.2"), "Item groups": GROUPS };

  expect(await imported(files, STOP)).toEqual([
    "Item groups: kept",
    NOT_KEPT,
    'Items: not-run: not run, because entity "Prices" before it was not kept',
    "processed-with-errors",
  ]);
});

test("the other execution units go on", async () => {
  const files = {
    Items: at(ITEMS, "2.1"),
    Prices: at(BAD_PRICES, "1.1"),
    "Item groups": at(GROUPS, "1.2"),
  };

  expect(await imported(files, STOP)).toEqual([
    NOT_KEPT,
    'Item groups: not-run: not run, because entity "Prices" before it was not kept',
    "Items: kept",
    "processed-with-errors",
  ]);
});

test("a file that breaks off ends its unit; the submission has failed, whatever comes behind", async () => {
  const files = {
    Prices: at({ content: 'price\r\n1\r\n"2' }, "1.1"),
    "Item groups": at({ content: "no\r\n1\r\n" }, "2.1"),
    Items: at(ITEMS, "3.1"),
  };

  const outcomes = await imported(files);

  expect(outcomes.map((outcome) => outcome.split(":").slice(0, 2).join(":"))).toEqual([
    "Prices: kept",
    "Item groups: not-kept",
    "Items: kept",
    "postprocessing-failed",
  ]);
});

test.each(["FailLevelOnError", "FailExecutionUnitOnError"])(
  "where the manifest has %s, a bad row ends the unit, and what is good of the entity stays",
  async (flag) => {
    const strict = { ...BAD_PRICES, fields: { [flag]: "true" } };
    const files = {
      Prices: at(strict, "1.1"),
      "Item groups": at(GROUPS, "1.2"),
      Items: at(ITEMS, "2.1"),
    };

    expect(await imported(files)).toEqual([
      "Prices: kept",
      `Item groups: not-run: not run, because entity "Prices" before it has 1 bad row(s), and the package's manifest says to stop at errors`,
      "Items: kept",
      "processed-with-errors",
    ]);
  },
);

test.each<[format: string, content: string]>([
  ["CSV", "Nummer,group,Gruppe,Rest\r\ni1,a,b,c\r\n"],
  ["XML-Element", "<x><y><Gruppe>b</Gruppe><NUMMER>i1</NUMMER></y></x>"],
  ["XML-Attribute", '<x><y NUMMER="i1" Gruppe="b"/></x>'],
])("fields of a file in %s go where the manifest says", async (sourceFormat, content) => {
  const world = await aWorld();
  const maps = { NUMMER: "ID", Gruppe: "GROUP", group: "OTHER", Rest: "REST" };
  const items = { content, maps, sourceFormat };
  await world.send(world.unordered, "shop.zip", manifestPackage({ Items: items }));
  await world.settle();

  const { rows } = await world.outcome();

  expect(rows).toEqual(["Items: i1,b"]);
});

test.each([
  [
    "an entity that the import does not know",
    { Customers: { content: "id\r\n1\r\n" } },
    "content-wrong",
  ],
  ["a file that breaks off", { "Item groups": { content: 'id\r\ng1\r\n"g2' } }, undefined],
  [
    "a file without a column that must be there",
    { "Item groups": { content: "no\r\n1\r\n" } },
    "columns-missing",
  ],
  [
    "a file without a column that its manifest names",
    { Items: { content: "id,group\r\n1,2\r\n", maps: { Nummer: "ID" } } },
    "columns-missing",
  ],
  [
    "a manifest that fills a column twice",
    { Items: { content: "a,b\r\n1,2\r\n", maps: { a: "ID", b: "ID" } } },
    "file-unreadable",
  ],
])("a package with %s ends with a reason", async (_, files, code) => {
  const world = await aWorld();

  const id = await world.send(world.ordered, "shop.zip", manifestPackage(files));
  await world.settle();

  const submission = await world.ports.submissions.find(id);
  expect([submission?.state, submission?.failure?.code]).toEqual([
    code === undefined ? "processed-with-errors" : "preprocessing-failed",
    code,
  ]);
});
