import { expect, test } from "vitest";
import { baseAddress } from "../../../src/systems/http-json/address.ts";

const http = (baseUrl: string) => ({ kind: "http", baseUrl, auth: { kind: "none" } }) as const;

test.each([
  ["http://169.254.169.254/metadata", "must begin with https"],
  ["http://api.example", "must begin with https"],
  ["http://127.0.0.1.evil.example", "must begin with https"],
  ["ftp://api.example", "must begin with https"],
  ["file:///etc", "must begin with https"],
  ["https://user:s3cret@api.example", "must not hold a user"],
  ["https://api.example?key=s3cret", "must not hold a user"],
  ["nothing s3cret", "is not an address"],
])("base URL %s is refused without being quoted", (baseUrl, message) => {
  const refused = () => baseAddress(http(baseUrl), "api", "source-invalid");

  expect(refused).toThrow(message);
  expect(refused).not.toThrow("s3cret");
});

test.each([
  "http://127.0.0.1:8080/x",
  "http://localhost/x/",
  "http://[::1]:1/x//",
  "https://a.example/x",
])("base URL %s is fine", (baseUrl) => {
  expect(baseAddress(http(baseUrl), "api", "source-invalid").pathname).toBe("/x/");
});
