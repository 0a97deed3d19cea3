import { expect, test } from "vitest";
import { baseAddress } from "../../../../src/systems/http-json/address.ts";
import { HttpJsonDefinition } from "../../../../src/systems/http-json/source/definition.ts";
import { firstAddress } from "../../../../src/systems/http-json/source/request.ts";

const http = (baseUrl: string) => ({ kind: "http", baseUrl, auth: { kind: "none" } }) as const;

function address(path: string, baseUrl = "https://api.example/tenant-a"): string {
  const definition = HttpJsonDefinition.parse({
    kind: "http-json",
    connection: "api",
    path,
    columns: [{ name: "id", type: "integer" }],
    paging: { by: "none" },
    incremental: { by: "none" },
  });
  return firstAddress(definition, baseAddress(http(baseUrl), "api", "source-invalid"), null).href;
}

test.each([
  ["items", "https://api.example/tenant-a/items"],
  ["/items", "https://api.example/tenant-a/items"],
  ["//evil.example/items", "https://api.example/tenant-a/evil.example/items"],
  ["https://evil.example", "https://api.example/tenant-a/https://evil.example"],
  ["data/Items('a b')", "https://api.example/tenant-a/data/Items('a%20b')"],
])("path %j stays beneath the base URL", (path, href) => {
  expect(address(path)).toBe(href);
});

test.each(["%2e%2e/tenant-b", "x/%2E%2E/%2e./tenant-b"])(
  "path %j is refused: it climbs out",
  (path) => {
    expect(() => address(path)).toThrow("leads out of the connection's base URL");
  },
);
