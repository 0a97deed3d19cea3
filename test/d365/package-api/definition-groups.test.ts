import { beforeEach, expect, test } from "vitest";
import {
  findExportGroup,
  findImportGroup,
} from "../../../src/d365/package-api/definition-groups.ts";
import type { Definitions } from "../../../src/domain/definitions/definition-store.ts";
import type {
  DefinitionBody,
  DefinitionKind,
} from "../../../src/domain/definitions/definitions.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";

const OURS = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
const OTHERS = "9c1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e99";

let stored: { kind: DefinitionKind; id: string; body: unknown }[];

beforeEach(() => {
  stored = [];
});

function define(kind: DefinitionKind, id: string, body: object): void {
  stored.push({ kind, id, body: DEFINITION_SCHEMAS.kinds[kind].parse(body) });
}

function ports(): Pick<Ports, "definitions"> {
  const all = async function* <Kind extends DefinitionKind>(kind: Kind) {
    for (const { id, body } of stored.filter((each) => each.kind === kind)) {
      const at = new Date(0);
      yield {
        id,
        body: body as DefinitionBody<Kind>,
        etag: "",
        updatedAt: at,
        scheduleSince: at,
        incarnation: "",
        version: 1,
        updatedBy: "operator",
      };
    }
  };
  return { definitions: { all } as unknown as Definitions };
}

function anExport(id: string, more: object = {}): void {
  define("exports", id, {
    fileType: "Test.Things",
    entities: [
      { name: "Things", source: { kind: "postgres", connection: "db", table: "public.t" } },
    ],
    format: { kind: "jsonl" },
    packageApi: { applications: [OURS] },
    ...more,
  });
}

function aDoor(id: string, more: object = {}): void {
  const connectorId = `6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a${id}`;
  define("connectors", connectorId, {
    ...{ name: "Partner", direction: "import", content: "package", import: "things" },
    applications: [OURS],
    ...more,
  });
}

const find = (definitionGroupId: string, applicationId = OURS) =>
  findExportGroup(ports(), { applicationId, definitionGroupId });
const findDoor = (definitionGroupId: string, applicationId = OURS) =>
  findImportGroup(ports(), { applicationId, definitionGroupId });

test.each(["THINGS", "All Things", "mine"])("an export is found by the name %s", async (name) => {
  const format = { kind: "package", definitionGroup: "Mine", file: { kind: "csv" } };
  const packageApi = { applications: [OURS], definitionGroup: "all things" };
  anExport("other");
  anExport("things", { format, packageApi });

  expect((await find(name)).id).toBe("things");
});

test("an id goes before a name", async () => {
  anExport("a", { packageApi: { applications: [OURS], definitionGroup: "b" } });
  anExport("b");

  expect((await find("b")).id).toBe("b");
});

test("a name that several exports have is refused, with their ids", async () => {
  const packageApi = { applications: [OURS], definitionGroup: "Things" };
  anExport("a", { packageApi });
  anExport("b", { packageApi });

  await expect(find("things")).rejects.toMatchObject({
    code: "request-invalid",
    message: expect.stringContaining('"a", "b"'),
  });
});

const group = (company?: string) => ({
  packageApi: { applications: [OURS], definitionGroup: "Things", ...(company && { company }) },
});
const findFor = (legalEntityId: string, definitionGroupId = "things") =>
  findExportGroup(ports(), { applicationId: OURS, definitionGroupId, legalEntityId });

test("the legal entity tells exports of the same name apart, and one of no company is for all others", async () => {
  anExport("us", group("USMF"));
  anExport("de", group("demf"));

  expect((await findFor("usmf")).id).toBe("us");
  expect((await findFor("DEMF")).id).toBe("de");
  await expect(findFor("")).rejects.toMatchObject({ code: "request-invalid" });

  anExport("rest", group());
  expect((await findFor("usmf")).id).toBe("us");
  expect((await findFor("FRRT")).id).toBe("rest");
});

test("an export of one company is refused for another, by whatever name, and taken without any", async () => {
  anExport("us", group("USMF"));

  for (const name of ["things", "us"]) {
    expect((await findFor("", name)).id).toBe("us");
    await expect(findFor("DEMF", name)).rejects.toMatchObject({
      code: "request-invalid",
      message: `Cannot use definition group "${name}" for legal entity "DEMF": it is of "USMF"`,
    });
  }
});

test("an export of no company is taken for any", async () => {
  anExport("things");

  expect((await findFor("DEMF")).id).toBe("things");
});

test("an export of others is not found, and takes no name away", async () => {
  anExport("theirs", { packageApi: { applications: [OTHERS], definitionGroup: "Things" } });
  anExport("ours", { packageApi: { applications: [OURS], definitionGroup: "Things" } });
  anExport("nobody's", { packageApi: undefined });

  expect((await find("things")).id).toBe("ours");
  for (const name of ["theirs", "nobody's", "absent"]) {
    await expect(find(name)).rejects.toMatchObject({ code: "definition-not-found" });
  }
});

test("an application that nothing names is told so", async () => {
  anExport("things");
  aDoor("01");
  const stranger = "00000000-58a7-4b8c-8a55-2d1a3f0f7e11";

  await expect(find("things", stranger)).rejects.toMatchObject({ code: "application-unknown" });
  await expect(findDoor("things", stranger)).rejects.toMatchObject({ code: "application-unknown" });
});

test("an import is found by its id and by its connector's name, through a connector for packages alone", async () => {
  aDoor("01", { content: "file" });
  aDoor("02", { enabled: false });
  aDoor("03", { applications: [OTHERS] });
  aDoor("04", { name: "Groups import" });
  aDoor("05", { import: "more", name: "More" });

  for (const name of ["things", "THINGS", "groups Import"]) {
    expect((await findDoor(name)).connectorId).toMatch(/04$/);
  }
  await expect(findDoor("Partner")).rejects.toMatchObject({ code: "definition-not-found" });
});

test("of several doors to one import any will do; of several imports none", async () => {
  aDoor("01");
  aDoor("02");
  expect((await findDoor("partner")).connectorId).toMatch(/01$/);

  aDoor("03", { import: "more" });
  await expect(findDoor("partner")).rejects.toMatchObject({ code: "request-invalid" });
});
