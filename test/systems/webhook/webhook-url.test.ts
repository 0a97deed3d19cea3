import { expect, test } from "vitest";
import {
  parseWebhookUrl,
  shownUrl,
  type WebhookUrl,
} from "../../../src/systems/webhook/webhook-url.ts";

function parsed(text: string): WebhookUrl {
  const url = parseWebhookUrl(text);
  if (typeof url === "string") {
    throw new Error(url);
  }
  return url;
}

test("path and query stay byte for byte, also where a parser would write them anew", () => {
  for (const target of [
    "/a/../b//c?sig=a%2Bb%2fc&x='|^`{}&&=&sp=%2Ftriggers%2Fmanual%2frun",
    "/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=aBc_-~%3D",
    `/${"x".repeat(5_000)}?a+b=c%20d`,
  ]) {
    expect(parsed(`https://prod-1.west.logic.azure.com:443${target}`).target).toBe(target);
  }
  expect(parsed("https://a.example?x=1").target).toBe("/?x=1");
});

test.each([
  ["https://A.Example/", "a.example", 443],
  [
    "https://default123.5e.environment.api.powerplatform.com:443/x",
    "default123.5e.environment.api.powerplatform.com",
    443,
  ],
  ["https://a.example:8443/", "a.example", 8443],
  ["http://0x7f.1/", "127.0.0.1", 80],
  ["http://2130706433/", "127.0.0.1", 80],
  ["https://[::1]:9/", "::1", 9],
])("%s leads to %s, port %i", (text, host, port) => {
  expect(parsed(text)).toMatchObject({ host, port });
});

test("people see scheme, host and the last four characters", () => {
  expect(shownUrl(parsed("https://a.example:8443/very/long/path?sig=secret1234"))).toBe(
    "https://a.example:8443/...1234",
  );
  expect(shownUrl(parsed("https://a.example/short"))).toBe("https://a.example/...");
});
