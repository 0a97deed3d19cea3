import { expect, test } from "vitest";
import { acknowledgeDelivery } from "../../../src/domain/deliveries/acknowledge-delivery.ts";
import type { TrackedDelivery } from "../../../src/domain/deliveries/deliveries.ts";
import { dequeued, requeued } from "../../../src/domain/deliveries/delivery.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { aDelivery } from "../../support/stored-things.ts";

const clock = manualClock("2026-03-01T10:00:00Z");

/** One delivery, leased, whose file was fetched or not. */
function leased(downloadedAt: Date | null) {
  const now = clock.now();
  const lease = { receipt: "r", now, leaseMs: 60_000, ordered: false };
  let delivery: TrackedDelivery = { ...dequeued(aDelivery(), lease), downloadedAt };
  const deliveries: Partial<Ports["deliveries"]> = {
    find: async () => delivery,
    replace: async (_, after) => {
      delivery = { ...after, downloadedAt };
      return true;
    },
  };
  const { queueId, id: deliveryId } = delivery;
  const acknowledge = (rule: "always" | "after-download") =>
    acknowledgeDelivery(
      { deliveries: deliveries as Ports["deliveries"], clock },
      { queueId, deliveryId, receipt: "r", connector: { acknowledge: rule } },
    );
  return { acknowledge, current: () => delivery };
}

test.each(["always", "after-download"] as const)(
  "a file that was fetched is acknowledged (%s)",
  async (rule) => {
    const { acknowledge } = leased(clock.now());

    const delivery = await acknowledge(rule);

    expect([delivery.state, delivery.unfetched]).toEqual(["acked", undefined]);
  },
);

test("a file that was never fetched is acknowledged, and the delivery says so", async () => {
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
