import { expect, test } from "vitest";
import type { WebhookAnswer } from "../../../../src/domain/deliveries/webhook/webhook-endpoint.ts";
import { webhookOutcome } from "../../../../src/domain/deliveries/webhook/webhook-outcome.ts";

const NOW = new Date("2026-03-01T10:00:00Z");

function answered(status: number | null, changes: Partial<WebhookAnswer> = {}): WebhookAnswer {
  return { status, headers: {}, text: "", error: null, durationMs: 1, ...changes };
}

function pauseAfter(status: number, retryAfter: string): number | null {
  const answer = answered(status, { headers: { "retry-after": retryAfter } });
  const outcome = webhookOutcome(answer, NOW);
  return outcome.kind === "failed" ? outcome.retryAfterMs : null;
}

test("webhookOutcome takes every 2xx for delivered, also when the body broke off", () => {
  for (const status of [200, 201, 202, 204, 299]) {
    expect(webhookOutcome(answered(status), NOW)).toEqual({ kind: "delivered" });
  }
  expect(webhookOutcome(answered(200, { error: "aborted" }), NOW).kind).toBe("delivered");
});

test("webhookOutcome ends the endpoint on 410, and on nothing else", () => {
  const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);

  const gone = statuses.filter((status) => webhookOutcome(answered(status), NOW).kind === "gone");

  expect(gone).toEqual([410]);
});

test("webhookOutcome retries everything else, with the reason", () => {
  expect(webhookOutcome(answered(null, { error: "getaddrinfo ENOTFOUND a" }), NOW)).toEqual({
    kind: "failed",
    reason: "cannot be reached: getaddrinfo ENOTFOUND a",
    retryAfterMs: null,
  });
  expect(webhookOutcome(answered(302), NOW)).toMatchObject({
    reason: "answered 302, and redirects are not followed",
  });
  for (const status of [100, 301, 400, 401, 404, 413, 429, 500, 599]) {
    expect(webhookOutcome(answered(status), NOW).kind).toBe("failed");
  }
});

test("webhookOutcome honours Retry-After of 429 and 503, in both forms, up to a day", () => {
  expect(pauseAfter(429, "120")).toBe(120_000);
  expect(pauseAfter(503, "Sun, 01 Mar 2026 10:05:00 GMT")).toBe(300_000);
  expect(pauseAfter(503, "Sun, 01 Mar 2026 09:00:00 GMT")).toBe(0);
  expect(pauseAfter(429, "99999999")).toBe(24 * 3_600_000);
  expect(pauseAfter(429, "soon")).toBeNull();
  expect(pauseAfter(500, "120")).toBeNull();
});
