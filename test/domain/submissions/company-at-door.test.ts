import { expect, test } from "vitest";
import { ConnectorDefinition } from "../../../src/domain/definitions/definitions.ts";
import { companyAtDoor } from "../../../src/domain/submissions/company-at-door.ts";

const [USMF, DEMF] = ["USMF", "DEMF"];

test.each<
  [
    company: string | null,
    connector: string[] | undefined,
    definition: string[] | undefined,
    string | null,
  ]
>([
  ["any", undefined, undefined, "any"],
  ["usmf", [USMF], undefined, USMF],
  [" UsMf ", undefined, [DEMF, USMF], USMF],
  ["usmf", ["usMF"], [USMF], "usMF"],
  [null, [USMF], undefined, null],
  ["", [USMF], undefined, ""],
])("a file of company %j is taken", (...[company, connector, definition, spelled]) => {
  expect(companyAtDoor(company, { companies: connector }, { companies: definition })).toBe(spelled);
});

test.each<[company: string, connector: string[] | undefined, definition: string[] | undefined]>([
  ["frrt", [USMF, DEMF], undefined],
  ["frrt", undefined, [USMF, DEMF]],
  ["demf", [DEMF], [USMF]],
  ["demf", [USMF], [DEMF]],
])(
  "a file of company %j is refused, where companies are listed",
  (...[company, connector, definition]) => {
    expect(() =>
      companyAtDoor(company, { companies: connector }, { companies: definition }),
    ).toThrowError(
      expect.objectContaining({
        code: "request-invalid",
        message: expect.stringMatching(`there is no company "${company}" here; there are "`),
      }),
    );
  },
);

test.each([[[]], [["USMF", "usmf"]], [[" USMF"]], [[""]]])(
  "a connector cannot list %j",
  (companies) => {
    const connector = {
      ...{ name: "A", direction: "import", content: "file", import: "items", companies },
      applications: ["0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11"],
    };
    expect(ConnectorDefinition.safeParse(connector).success).toBe(false);
    expect(ConnectorDefinition.safeParse({ ...connector, companies: ["USMF"] }).success).toBe(true);
  },
);
