import { expect, test } from "vitest";
import type { DefinitionKind } from "../../../src/domain/definitions/definitions.ts";
import { deleteDefinition } from "../../../src/domain/definitions/delete-definition.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { aSubmission } from "../../support/a-submission.ts";
import { memoryDefinitions } from "../../support/memory-definitions.ts";
import { NO_FILES } from "../../support/no-files.ts";

const DOOR = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b01";
const OUT = "0d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b02";
const APPLICATIONS = ["0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11"];

const TABLE = { kind: "postgres", connection: "shop", table: "public.items", mode: "upsert" };
const ENTITY = { name: "Items", columns: [{ name: "id" }], target: TABLE };
const IMPORT = { format: { kind: "csv" }, entities: [ENTITY] };
const CONNECTOR = {
  ...{ name: "Partner", direction: "import", import: "items", content: "file" },
  applications: APPLICATIONS,
};

/** Problems of a body that is saved beside these definitions. */
async function problems(
  path: string,
  body: unknown,
  others: Record<string, unknown> = {},
): Promise<string[]> {
  const [kind = "", id = ""] = path.split("/");
  const ports = {
    ...NO_FILES,
    definitions: memoryDefinitions(others) as unknown as Ports["definitions"],
    clock: { now: () => new Date("2026-03-01T10:00:00Z") },
    ids: randomIds,
    connections: {
      get: (name: string) => {
        if (name !== "shop") {
          throw new AppError("connection-unknown", `there is no "${name}"`);
        }
        return { kind: "postgres", connectionString: "" } as const;
      },
    },
  };
  const request = {
    kind: kind as DefinitionKind,
    id,
    body,
    condition: "*",
    applicationId: "operator",
  };
  try {
    await saveDefinition(ports, request);
    return [];
  } catch (error) {
    return (error as AppError).problems.map(({ field, message }) => `${field} ${message}`);
  }
}

test("an import and its connector can be saved", async () => {
  expect(await problems("imports/items", IMPORT)).toEqual([]);
  expect(await problems(`connectors/${DOOR}`, CONNECTOR, { "imports/items": IMPORT })).toEqual([]);
});

const BAD_IMPORTS: readonly [unknown, string][] = [
  [{ ...IMPORT, entities: [] }, "entities"],
  [
    { ...IMPORT, entities: [ENTITY, { ...ENTITY, name: "ITEMS" }] },
    "entities[1].name must not stand twice",
  ],
  [
    entity({ target: { ...TABLE, connection: "other" } }),
    'entities[0].target.connection there is no "other"',
  ],
  [entity({ columns: undefined }), "entities[0].columns must be set"],
  [
    entity({ columns: [{ name: "id" }, { name: "id" }] }),
    'entities[0].columns[1].name must not use the name "id" twice',
  ],
  [
    entity({ columns: [{ name: "n", type: "integer", min: "x" }] }),
    'entities[0].columns[0] Cannot read column "n"',
  ],
  [
    entity({ target: { kind: "blob", container: "inbox" } }),
    "entities[0].target.container must not be one of our own",
  ],
  [
    entity({ target: { kind: "blob", container: "in--box" } }),
    "entities[0].target.container must be the name",
  ],
  [
    entity({ target: { kind: "blob", container: "files", prefix: "../" } }),
    "entities[0].target.prefix must be folders",
  ],
  [
    entity({ target: { kind: "publication", fileType: "Items" } }),
    "entities[0].target.fileType must be names",
  ],
  [{ ...IMPORT, errors: { maxErrorShare: 1.5 } }, "errors.maxErrorShare"],
];

function entity(facts: Record<string, unknown>): unknown {
  return { ...IMPORT, entities: [{ ...ENTITY, ...facts }] };
}

test.each(BAD_IMPORTS)("the import %j is refused: %s", async (body, expected) => {
  const [first, ...others] = await problems("imports/items", body);

  expect(first?.startsWith(expected), first).toBe(true);
  expect(others).toEqual([]);
});

test("files may be handed on without a word about their columns", async () => {
  for (const target of [
    { kind: "blob", container: "files", prefix: "in/items/" },
    { kind: "publication", fileType: "Shop.Items" },
  ]) {
    expect(await problems("imports/items", entity({ columns: undefined, target }))).toEqual([]);
  }
});

test("a connector goes with its import, and an import with its connectors", async () => {
  const packages = { ...IMPORT, format: { kind: "package" } };

  expect(await problems(`connectors/${DOOR}`, CONNECTOR)).toEqual([
    "import is not the id of an import",
  ]);
  expect(await problems(`connectors/${DOOR}`, CONNECTOR, { "imports/items": packages })).toEqual([
    "content must fit the import, which reads package",
  ]);
  expect(await problems("imports/items", packages, { [`connectors/${DOOR}`]: CONNECTOR })).toEqual([
    `format.kind must fit connector "${DOOR}", which takes content "file"`,
  ]);
});

test("subscriptions deliver to connectors that give files out, and to no other", async () => {
  const subscription = {
    fileTypes: ["Shop.Items"],
    via: { kind: "connector", connectorId: DOOR },
  };

  expect(
    await problems("subscriptions/s", subscription, { [`connectors/${DOOR}`]: CONNECTOR }),
  ).toEqual(["via.connectorId is not the id of a connector that gives files out"]);
  expect(
    await problems(`connectors/${DOOR}`, CONNECTOR, {
      "imports/items": IMPORT,
      "subscriptions/s": subscription,
    }),
  ).toEqual(['direction must be "export" as long as subscription "s" delivers here']);
});

test("what is still needed is not deleted", async () => {
  const out = { name: "Out", direction: "export", applications: APPLICATIONS };
  const definitions = memoryDefinitions({
    "imports/items": IMPORT,
    [`connectors/${DOOR}`]: CONNECTOR,
    [`connectors/${OUT}`]: out,
  });
  const owed = [aSubmission({ connectorId: DOOR })];
  const ports = {
    definitions,
    clock: { now: () => new Date() },
    submissions: { owed: async (id: string) => (id === DOOR ? owed : []) },
  } as unknown as Ports;
  const remove = (kind: DefinitionKind, id: string) =>
    deleteDefinition(ports, { kind, id, condition: "*", applicationId: "operator" });

  await expect(remove("imports", "items")).rejects.toMatchObject({ code: "definition-in-use" });
  await expect(remove("connectors", DOOR)).rejects.toMatchObject({ code: "definition-in-use" });
  await remove("connectors", OUT);
  owed.length = 0;
  await remove("connectors", DOOR);

  expect(definitions.deleted).toEqual([`connectors/${OUT}`, `connectors/${DOOR}`]);
});
