import { expect, test } from "vitest";
import { fieldProblems } from "../../src/domain/field-problems.ts";
import { closeSystems, DEFINITION_SCHEMAS, openSource, SYSTEMS } from "../../src/systems/index.ts";
import { connectionsOf } from "./connections-of.ts";

const postgres = { kind: "postgres", connectionString: "postgres://127.0.0.1:1/none" } as const;
const http = { kind: "http", baseUrl: "https://api.example", auth: { kind: "none" } } as const;

test.each([
  [
    { kind: "postgres", connection: "x", table: "a.b" },
    http,
    'PostgreSQL with connection "x": it is of kind "http"',
  ],
  [
    {
      kind: "http-json",
      connection: "x",
      path: "items",
      columns: [{ name: "id", type: "integer" }],
      paging: { by: "none" },
      incremental: { by: "none" },
    },
    postgres,
    'an HTTP API with connection "x": it is of kind "postgres"',
  ],
])(
  "openSource gives the source of the kind, which refuses a connection of another kind",
  async (definition, connection, message) => {
    const source = openSource(
      DEFINITION_SCHEMAS.parts.source.parse(definition),
      connectionsOf(connection),
    );

    const reading = source.read({
      cursor: null,
      mode: "full",
      signal: new AbortController().signal,
    });

    await expect(reading).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining(message),
    });
  },
);

test("definitions of each source and target of a system have the system's kind", () => {
  for (const { kind, source, target } of SYSTEMS) {
    for (const { schema } of [source, target].filter((opener) => opener !== undefined)) {
      expect(schema._zod.propValues.kind).toEqual(new Set([kind]));
    }
  }
  expect(new Set(SYSTEMS.map(({ kind }) => kind)).size).toBe(SYSTEMS.length);
});

test("a kind that no system has is refused, with the kinds that there are", () => {
  const { source } = DEFINITION_SCHEMAS.parts;

  const { error } = source.safeParse({ kind: "ftp", connection: "x" });

  const kinds = SYSTEMS.filter((system) => system.source !== undefined).map(({ kind }) => kind);
  const list = kinds.map((kind) => `"${kind}"`).join(" or ");
  expect(error && fieldProblems(error)).toEqual([{ field: "kind", message: `must be ${list}` }]);
  expect(() => openSource({ kind: "ftp", connection: "x" }, connectionsOf(postgres))).toThrow(
    'Cannot use a definition of kind "ftp": no system has it',
  );
});

test("closeSystems may be called when nothing is open, and twice", async () => {
  await closeSystems();
  await expect(closeSystems()).resolves.toBeUndefined();
});
