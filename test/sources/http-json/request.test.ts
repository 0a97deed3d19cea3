import { expect, test } from "vitest";
import { HttpJsonDefinition } from "../../../src/contracts/source-definition.ts";
import { baseAddress, firstAddress } from "../../../src/sources/http-json/request.ts";

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
  return firstAddress(definition, baseAddress(http(baseUrl), "api"), null).href;
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

test.each([
  ["http://169.254.169.254/metadata", "must begin with https"],
  ["http://api.example", "must begin with https"],
  ["http://127.0.0.1.evil.example", "must begin with https"],
  ["ftp://api.example", "must begin with https"],
  ["file:///etc", "must begin with https"],
  ["https://user:s3cret@api.example", "must hold no user"],
  ["https://api.example?key=s3cret", "must hold no user"],
  ["nothing s3cret", "is no address"],
])("base URL %s is refused without being quoted", (baseUrl, message) => {
  const refused = () => baseAddress(http(baseUrl), "api");

  expect(refused).toThrow(message);
  expect(refused).not.toThrow("s3cret");
});

test.each([
  "http://127.0.0.1:8080/x",
  "http://localhost/x/",
  "http://[::1]:1/x//",
  "https://a.example/x",
])("base URL %s is fine", (baseUrl) => {
  expect(baseAddress(http(baseUrl), "api").pathname).toBe("/x/");
});
