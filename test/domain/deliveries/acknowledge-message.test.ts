import { expect, test } from "vitest";
import { acknowledgeMessage } from "../../../src/domain/deliveries/acknowledge-message.ts";
import { dequeued, requeued } from "../../../src/domain/deliveries/message.ts";
import type { TrackedMessage } from "../../../src/domain/deliveries/messages.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { aMessage } from "../../support/stored-things.ts";

const clock = manualClock("2026-03-01T10:00:00Z");

/** One message, leased, whose file was fetched or not. */
function leased(downloadedAt: Date | null) {
  const now = clock.now();
  const lease = { receipt: "r", now, leaseMs: 60_000, ordered: false };
  let message: TrackedMessage = { ...dequeued(aMessage(), lease), downloadedAt };
  const messages: Partial<Ports["messages"]> = {
    find: async () => message,
    replace: async (_, after) => {
      message = { ...after, downloadedAt };
      return true;
    },
  };
  const { activityId, id: messageId } = message;
  const acknowledge = (rule: "always" | "after-download") =>
    acknowledgeMessage(
      { messages: messages as Ports["messages"], clock },
      { activityId, messageId, receipt: "r", connector: { acknowledge: rule } },
    );
  return { acknowledge, current: () => message };
}

test.each(["always", "after-download"] as const)(
  "a file that was fetched is acknowledged (%s)",
  async (rule) => {
    const { acknowledge } = leased(clock.now());

    const message = await acknowledge(rule);

    expect([message.state, message.unfetched]).toEqual(["acked", undefined]);
  },
);

test("a file that was never fetched is acknowledged, and the message says so", async () => {
  const { acknowledge, current } = leased(null);

  expect(await acknowledge("always")).toMatchObject({ state: "acked", unfetched: true });

  // repeating it changes nothing; sending it back begins anew
  expect(await acknowledge("always")).toBe(current());
  expect(requeued(current(), { now: clock.now(), ordered: false }).unfetched).toBeUndefined();
});

test("where a connector asks for it, a file that was never fetched is not acknowledged", async () => {
  const { acknowledge, current } = leased(null);

  await expect(acknowledge("after-download")).rejects.toMatchObject({
    code: "file-not-fetched",
    message: expect.stringContaining("download it first"),
  });

  expect(current().state).toBe("dequeued");
});
