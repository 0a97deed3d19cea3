import { expect, test } from "vitest";
import { secretTexts, withoutSecrets } from "../../../src/systems/webhook/secret-texts.ts";
import { parseWebhookUrl } from "../../../src/systems/webhook/webhook-url.ts";
import { newSecret } from "../../support/webhook-connection.ts";

const url = "https://a.example/T000CANARY1/hook?api-version=1&sig=canary%2Btwo%3D&n=1";
const connection = {
  kind: "webhook",
  url,
  secrets: [newSecret()],
  headers: { "x-api-key": "canary-key" },
  allowPrivate: false,
} as const;
const parsed = parseWebhookUrl(url);
const secrets = typeof parsed === "string" ? [] : secretTexts(connection, parsed);

test("an answer that repeats the URL, a part of it, a header or a secret loses it", () => {
  const [secret = ""] = connection.secrets;
  for (const text of [
    `POST ${url} failed`,
    "no route /T000CANARY1/hook",
    "T000CANARY1 is not known",
    "bad signature canary%2Btwo%3D",
    "bad signature canary+two=",
    "key canary-key is not valid",
    `<a href="${url.replaceAll("&", "&amp;")}">`,
    `you signed with ${secret} (${secret.slice(6)})`,
    "GET https://blob.example/f.csv?sv=1&sig=canary%2Fthree&se=2",
    '{"DownloadURL":"https://blob.example/f.csv?sig=canary"}',
  ]) {
    const clean = withoutSecrets(text, secrets);

    expect(clean).toContain("***");
    expect(clean).not.toMatch(/canary/i);
    expect(clean).not.toContain(secret.slice(6));
  }
});

test("a secret that is cut off at the text's end is left out, too", () => {
  for (let length = 12; length < url.length; length++) {
    expect(withoutSecrets(`POST ${url.slice(0, length)}`, secrets)).not.toContain("canary");
  }
});

test("other texts stay as they are", () => {
  expect(withoutSecrets('{"error":"no such item"}', secrets)).toBe('{"error":"no such item"}');
});
