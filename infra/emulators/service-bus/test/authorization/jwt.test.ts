import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { allows } from "../../src/authorization/grant.ts";
import { jwtReader, type RoleAssignment } from "../../src/authorization/jwt.ts";
import { pathOf } from "../../src/authorization/resource.ts";
import type { AccessRight } from "../../src/broker/types.ts";
import { anIssuer } from "../issuer.ts";

const APPLICATION = "11111111-2222-3333-4444-555555555555";

const { issuer, token } = anIssuer([
  role("Azure Service Bus Data Receiver", "files/Subscriptions/a"),
  role("Azure Service Bus Data Sender", "orders"),
  { ...role("Azure Service Bus Data Owner", ""), applicationId: "another" },
]);

function role(name: RoleAssignment["role"], scope: string): RoleAssignment {
  return { applicationId: APPLICATION, role: name, scope };
}

const read = (text: string) => jwtReader(issuer)(text, Date.now());

test.each<[string, AccessRight, boolean]>([
  ["files/subscriptions/a", "Listen", true],
  ["files/subscriptions/a", "Send", false],
  ["files/subscriptions/b", "Listen", false],
  ["files", "Listen", false],
  ["orders", "Send", true],
  ["orders", "Listen", false],
  ["orders", "Manage", false],
])("the roles of an application open %s for %s: %s", async (path, right, isOpen) => {
  expect(allows(await read(token(APPLICATION)), pathOf(path), right)).toBe(isOpen);
});

test("version 2 tokens name their application as azp", async () => {
  const grant = await read(token(APPLICATION, { appid: undefined, azp: "ANOTHER" }));

  expect(allows(grant, ["orders"], "Manage")).toBe(true);
});

test("the token of an application without a role is good and opens nothing", async () => {
  expect((await read(token("nobody"))).scopes).toEqual([]);
});

const NOW_S = Math.floor(Date.now() / 1000);

const unsigned = token(APPLICATION).replace(
  /^[^.]+\.([^.]+)\..*$/,
  `${Buffer.from('{"alg":"none"}').toString("base64url")}.$1.`,
);

function confused(): string {
  const [, claims] = token(APPLICATION).split(".");
  const header = Buffer.from('{"alg":"HS256","kid":"key-1"}').toString("base64url");
  const mac = createHmac("sha256", "key").update(`${header}.${claims}`).digest("base64url");
  return `${header}.${claims}.${mac}`;
}

test.each([
  ["of another audience", token(APPLICATION, { aud: "https://other" }), "InvalidAudience: "],
  ["without an audience", token(APPLICATION, { aud: undefined }), "InvalidAudience: "],
  ["of another issuer", token(APPLICATION, { iss: "https://other" }), "InvalidIssuer: "],
  ["that is expired", token(APPLICATION, { exp: NOW_S - 1 }), "ExpiredToken: "],
  ["that never expires", token(APPLICATION, { exp: undefined }), "MalformedToken: "],
  ["that is not good yet", token(APPLICATION, { nbf: NOW_S + 600 }), "MalformedToken: "],
  ["of another key", anIssuer([]).token(APPLICATION), "InvalidSignature: "],
  ["without a signature", unsigned, "MalformedToken: "],
  ["that is signed with a secret", confused(), "MalformedToken: "],
  ["that is none", "x", "MalformedToken: "],
])("a token %s is refused", async (_, refused, words) => {
  await expect(read(refused)).rejects.toThrow(words);
});
