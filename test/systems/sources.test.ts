import { expect, test } from "vitest";
import { SourceDefinition } from "../../src/domain/definitions/source-definition.ts";
import { closeSources, openSource } from "../../src/systems/sources.ts";
import { connectionsOf } from "./read-all.ts";

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
    const source = openSource(SourceDefinition.parse(definition), connectionsOf(connection));

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

test("closeSources may be called when nothing is open, and twice", async () => {
  await closeSources();
  await expect(closeSources()).resolves.toBeUndefined();
});
