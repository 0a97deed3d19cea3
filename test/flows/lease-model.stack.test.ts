import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../infra/local/azurite.ts";
import { acknowledgeDelivery } from "../../src/domain/deliveries/acknowledge-delivery.ts";
import { arrived, type Delivery } from "../../src/domain/deliveries/delivery.ts";
import {
  type Dequeued,
  dequeueDeliveries,
} from "../../src/domain/deliveries/dequeue-deliveries.ts";
import { peekDeliveries } from "../../src/domain/deliveries/peek-deliveries.ts";
import { rejectDelivery } from "../../src/domain/deliveries/reject-delivery.ts";
import { releaseDelivery } from "../../src/domain/deliveries/release-delivery.ts";
import { renewLease } from "../../src/domain/deliveries/renew-lease.ts";
import { requeueDelivery } from "../../src/domain/deliveries/requeue-delivery.ts";
import { isAppError } from "../../src/domain/errors.ts";
import type { Files } from "../../src/domain/ports.ts";
import { aFile } from "../support/file.ts";
import {
  acknowledge,
  arrive,
  emptyModel,
  handOut,
  LEASE_MS,
  type LeaseModel,
  reject,
  release,
  renew,
  requeue,
  visibleIds,
} from "../support/lease-model.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { type StoragePorts, storagePorts } from "../support/storage-ports.ts";

const START = "2026-03-01T10:00:00Z";
const CONNECTOR = {
  leaseSeconds: LEASE_MS / 1_000,
  ordered: false,
  acknowledge: "always" as const,
};

let azurite: Azurite;
let storage: StoragePorts;

beforeAll(async () => {
  azurite = await startAzurite();
  storage = await storagePorts(azurite);
});

afterAll(async () => {
  await azurite.stop();
});

interface Real {
  readonly queueId: string;
  readonly clock: ManualClock;
  readonly ports: StoragePorts & { readonly clock: ManualClock; readonly log: () => void };
  enqueued: number;
}

type Step = (model: LeaseModel, real: Real) => Promise<void>;

const enqueue: Step = async (model, real) => {
  real.enqueued++;
  const file = aFile({ sequence: real.enqueued, publishedAt: real.clock.now() });
  const delivery = arrived({
    queueId: real.queueId,
    origin: String(real.enqueued),
    file,
    now: real.clock.now(),
  });
  expect(await real.ports.deliveries.insert(delivery)).toBe(true);
  expect(await real.ports.deliveries.insert(delivery)).toBe(false);
  arrive(model, delivery.id);
};

/** Several consumers at the same moment; the answers of some are lost on the way, as if they had crashed. */
const dequeue =
  (consumers: readonly number[], lost: number): Step =>
  async (model, real) => {
    const waiting = visibleIds(model).length;

    const answers = await Promise.all(consumers.map((max) => take(real, max)));

    const taken = answers.flat();
    expect(taken.length > 0).toBe(waiting > 0);
    for (const [index, answer] of answers.entries()) {
      expect(answer.length).toBeLessThanOrEqual(consumers[index] ?? 0);
    }
    for (const [index, { delivery, receipt, previouslyAt }] of taken.entries()) {
      expect(previouslyAt !== null).toBe(model.deliveries.get(delivery.id)?.receipts.length !== 0);
      handOut(model, delivery.id, index < lost ? null : receipt);
    }
  };

function take(real: Real, max: number): Promise<readonly Dequeued[]> {
  const { queueId } = real;
  return dequeueDeliveries(real.ports, { queueId, connector: CONNECTOR, max });
}

/** Looking changes nothing: what is seen is what may be taken. */
const peek: Step = async (model, real) => {
  const { queueId } = real;
  const seen = await peekDeliveries(real.ports, { queueId, connector: CONNECTOR, limit: 100 });

  expect(seen.map(({ id }) => id).toSorted()).toEqual(visibleIds(model).toSorted());
};

type Verb = "acknowledge" | "renew" | "release" | "reject" | "requeue";

/** Somebody does something, with any receipt that was ever given out for any delivery, or with the id alone. */
const doAny =
  (verb: Verb, { which, age, delayMs }: { which: number; age: number; delayMs: number }): Step =>
  async (model, real) => {
    const ids = [...model.deliveries.keys()];
    const deliveryId = ids[which % Math.max(1, ids.length)];
    if (deliveryId === undefined) {
      return;
    }
    const receipts = model.deliveries.get(deliveryId)?.receipts ?? [];
    const receipt = receipts[age % Math.max(1, receipts.length + 1)] ?? null;
    const known = receipt ?? "never given out";
    const ref = { queueId: real.queueId, deliveryId, connector: CONNECTOR };
    const expected = {
      acknowledge: () => acknowledge(model, deliveryId, receipt),
      renew: () => renew(model, deliveryId, known),
      release: () => release(model, deliveryId, { receipt: known, delayMs }),
      reject: () => reject(model, deliveryId, known),
      requeue: () => requeue(model, deliveryId),
    };
    const actual = {
      acknowledge: () => acknowledgeDelivery(real.ports, { ...ref, receipt, connector: CONNECTOR }),
      renew: () => renewLease(real.ports, { ...ref, receipt: known }),
      release: () => releaseDelivery(real.ports, { ...ref, receipt: known, delayMs }),
      reject: () => rejectDelivery(real.ports, { ...ref, receipt: known, reason: "bad" }),
      requeue: () => requeueDelivery(real.ports, ref),
    };

    expect(await outcomeOf(actual[verb]())).toBe(expected[verb]());
  };

function outcomeOf(change: Promise<Delivery>): Promise<string> {
  return change.then(
    (delivery) => delivery.state,
    (error) => (isAppError(error) ? error.code : Promise.reject(error)),
  );
}

const pass =
  (ms: number): Step =>
  async (model, real) => {
    model.now += ms;
    real.clock.advance(ms);
  };

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.constant(enqueue), weight: 3 },
  {
    arbitrary: fc
      .tuple(fc.array(fc.constantFrom(1, 1, 3, 33), { minLength: 1, maxLength: 4 }), fc.nat(2))
      .map(([consumers, lost]) => dequeue(consumers, lost)),
    weight: 3,
  },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom<Verb>(
          "acknowledge",
          "acknowledge",
          "renew",
          "release",
          "reject",
          "requeue",
        ),
        fc.record({
          which: fc.nat(20),
          age: fc.nat(5),
          delayMs: fc.constantFrom(0, 0, 1, LEASE_MS),
        }),
      )
      .map(([verb, how]) => doAny(verb, how)),
    weight: 6,
  },
  { arbitrary: fc.constant(peek), weight: 1 },
  {
    arbitrary: fc.constantFrom(1, LEASE_MS - 1, LEASE_MS, 5 * LEASE_MS).map(pass),
    weight: 2,
  },
);

/** Nobody looks into the files here, but what is sent back must have one. */
const everyFile: Pick<Files, "read"> = {
  read: async () => ({ bytes: 0, content: Readable.from([]), contentType: null }),
};

test("leases agree with the model, whatever consumers, operators, crashes and clocks do", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const clock = manualClock(START);
      const files = { ...storage.files, ...everyFile };
      const real = {
        queueId: storage.ids.guid(),
        clock,
        ports: { ...storage, files, clock, log: () => undefined },
        enqueued: 0,
      };
      const model = emptyModel(new Date(START).getTime());
      for (const take of steps) {
        await take(model, real);
      }
      await peek(model, real);
    }),
    { numRuns: 80 },
  );
}, 300_000);
