import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { expect, test } from "vitest";
import { webhookHeaders } from "../../../../src/domain/deliveries/webhook/sign-webhook.ts";
import { newSecret } from "../../../support/webhook-connection.ts";

const ID = "0195512f-4c0b-8abc-a123-0123456789ab";

function verifies(
  secret: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): boolean {
  for (const Library of [Standard, Svix]) {
    try {
      new Library(secret).verify(body, { ...headers });
    } catch {
      return false;
    }
  }
  return true;
}

test.each(['{"a":"Ärtikel / \u2028 😀"}', '{"n":9007199254740993,"b":1,"a":2}', "{}"])(
  "standardwebhooks and svix verify %s with each secret, and with no other",
  (text) => {
    const secrets = [newSecret(24), newSecret(32), newSecret(64)];
    const body = Buffer.from(text);

    const headers = webhookHeaders({ id: ID, at: new Date(), body, secrets });

    expect(secrets.map((secret) => verifies(secret, body, headers))).toEqual([true, true, true]);
    expect(verifies(newSecret(), body, headers)).toBe(false);
    expect(verifies(secrets[0] ?? "", Buffer.from(`${text} `), headers)).toBe(false);
  },
);

test("id, time and body are all signed", () => {
  const [secrets, body, at] = [[newSecret()], Buffer.from("{}"), new Date()];
  const headers = webhookHeaders({ id: ID, at, body, secrets });
  const [secret = ""] = secrets;

  expect(verifies(secret, body, headers)).toBe(true);
  expect(verifies(secret, body, { ...headers, "webhook-id": "another" })).toBe(false);
  const later = String(Number(headers["webhook-timestamp"]) + 1);
  expect(verifies(secret, body, { ...headers, "webhook-timestamp": later })).toBe(false);
});
