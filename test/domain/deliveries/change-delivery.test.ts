import { expect, test } from "vitest";
import { changeDelivery } from "../../../src/domain/deliveries/change-delivery.ts";
import type { Deliveries } from "../../../src/domain/deliveries/deliveries.ts";
import type { Delivery } from "../../../src/domain/deliveries/delivery.ts";
import { aDelivery } from "../../support/stored-things.ts";

/** A delivery that others change before each of so many replacements. */
function busyMessages(first: Delivery, changes: number) {
  const seen: Delivery[] = [];
  let current = first;
  let left = changes;
  const deliveries: Pick<Deliveries, "find" | "replace"> = {
    find: async () => ({ ...current, downloadedAt: null }),
    replace: async (before, after) => {
      seen.push(before);
      if (left > 0) {
        left--;
        current = { ...current, dequeues: current.dequeues + 1 };
        return false;
      }
      current = after;
      return true;
    },
  };
  return { deliveries: deliveries as Deliveries, seen };
}

const reject = (delivery: Delivery): Delivery => ({ ...delivery, state: "rejected" });

test("a rule decides anew about what others left", async () => {
  const delivery = aDelivery();
  const { deliveries, seen } = busyMessages(delivery, 3);
  const ref = { queueId: delivery.queueId, deliveryId: delivery.id };

  const changed = await changeDelivery({ deliveries }, ref, { verb: "reject", rule: reject });

  expect(changed).toMatchObject({ state: "rejected", dequeues: 3 });
  expect(seen.map(({ dequeues }) => dequeues)).toEqual([0, 1, 2, 3]);
});

test("a delivery that can never be replaced is given up, rather than tried for ever", async () => {
  const delivery = aDelivery();
  const { deliveries, seen } = busyMessages(delivery, Number.POSITIVE_INFINITY);
  const ref = { queueId: delivery.queueId, deliveryId: delivery.id };

  await expect(
    changeDelivery({ deliveries }, ref, { verb: "reject", rule: reject }),
  ).rejects.toThrow(`Cannot reject delivery "${delivery.id}": it changed 100 times meanwhile`);

  expect(seen).toHaveLength(100);
});
