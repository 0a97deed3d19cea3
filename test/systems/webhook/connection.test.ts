import { expect, test } from "vitest";
import { readConnections } from "../../../src/connection-settings.ts";
import { newSecret } from "../../support/webhook-connection.ts";

const URL = "https://partner.example/hook?sig=canary";

function problemOf(setting: object): string {
  const text = JSON.stringify({ kind: "webhook", url: URL, secrets: [newSecret()], ...setting });
  const { connectionProblems } = readConnections(new Map([["CONNECTION_PARTNER", text]]));
  return connectionProblems.join();
}

test("a webhook has an https URL and secrets of 24 to 64 bytes", () => {
  expect(problemOf({})).toBe("");
  expect(problemOf({ secrets: [newSecret(24), newSecret(64)] })).toBe("");
  expect(problemOf({ headers: { "x-api-key": "canary key" } })).toBe("");
  expect(problemOf({ url: `https://a.example:8443/${"x".repeat(7_000)}` })).toBe("");
});

test.each([
  ["a secret of 23 bytes", { secrets: [newSecret(23)] }, "24 to 64 bytes, and one holds 23"],
  ["a secret of 65 bytes", { secrets: [newSecret(65)] }, "24 to 64 bytes, and one holds 65"],
  ["the prefix of signatures", { secrets: [`v1,${newSecret()}`] }, '"v1," belongs to signatures'],
  ["no prefix", { secrets: [newSecret().slice(6)] }, '"whsec_" and base64'],
  ["a secret that is not base64", { secrets: ["whsec_canary!".repeat(5)] }, '"whsec_" and base64'],
  ["base64url", { secrets: [`whsec_${"-_".repeat(16)}`] }, '"whsec_" and base64'],
  ["no secret", { secrets: [] }, "at least one secret"],
  ["http", { url: "http://partner.example/canary" }, "must be https"],
  ["a user", { url: "https://canary:canary@partner.example/" }, "must not hold a user"],
  ["a fragment", { url: "https://partner.example/#canary" }, "without blanks, backslash"],
  ["a backslash", { url: "https://partner.example\\@canary/" }, "without blanks, backslash"],
  ["another scheme", { url: "ftp://partner.example/canary" }, "must be an https URL"],
  ["no host", { url: "https:///canary" }, "must name a host"],
  ["a header of ours", { headers: { "Webhook-Id": "canary" } }, "headers must be"],
  ["two lines in a header", { headers: { "x-key": "a\r\ncanary: 1" } }, "headers must be"],
  ["an unknown member", { canary: 1 }, "a member that does not exist"],
])("a setting with %s is refused, and the problem quotes nothing of it", (_, setting, part) => {
  const problem = problemOf(setting);

  expect(problem).toContain(part);
  expect(problem).toContain("CONNECTION_PARTNER");
  expect(problem).not.toMatch(/canary/i);
});

test("http is for private addresses, and needs `allowPrivate`", () => {
  expect(problemOf({ url: "http://localhost:8080/hook", allowPrivate: true })).toBe("");
});
