import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../infra/local/azurite.ts";
import { acknowledgeMessage } from "../../src/domain/connectors/acknowledge-message.ts";
import { type Dequeued, dequeueMessage } from "../../src/domain/connectors/dequeue-message.ts";
import { arrived } from "../../src/domain/connectors/message.ts";
import { isAppError } from "../../src/domain/errors.ts";
import { aFile } from "../support/file.ts";
import {
  acknowledge,
  emptyModel,
  handOut,
  LEASE_MS,
  type LeaseModel,
  visibleIds,
} from "../support/lease-model.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { type StoragePorts, storagePorts } from "../support/storage-ports.ts";

const START = "2026-03-01T10:00:00Z";
const CONNECTOR = { leaseSeconds: LEASE_MS / 1_000, ordered: false };

let azurite: Azurite;
let storage: StoragePorts;

beforeAll(async () => {
  azurite = await startAzurite();
  storage = await storagePorts(azurite.connectionString);
});

afterAll(async () => {
  await azurite.stop();
});

interface Real {
  readonly activityId: string;
  readonly clock: ManualClock;
  readonly ports: StoragePorts & { readonly clock: ManualClock };
  enqueued: number;
}

type Step = (model: LeaseModel, real: Real) => Promise<void>;

const enqueue: Step = async (model, real) => {
  real.enqueued++;
  const file = aFile({ sequence: real.enqueued, publishedAt: real.clock.now() });
  const message = arrived({
    activityId: real.activityId,
    origin: String(real.enqueued),
    file,
    now: real.clock.now(),
  });
  expect(await real.ports.messages.insert(message)).toBe(true);
  expect(await real.ports.messages.insert(message)).toBe(false);
  model.messages.set(message.id, { visibleAt: model.now, acked: false, receipts: [] });
};

/** Several consumers at the same moment; the answers of some are lost on the way, as if they had crashed. */
const dequeue =
  (consumers: number, lost: number): Step =>
  async (model, real) => {
    const waiting = visibleIds(model).length;

    const answers = await Promise.all(Array.from({ length: consumers }, () => take(real)));

    const taken = answers.filter((answer) => answer !== null);
    expect(taken.length > 0).toBe(waiting > 0);
    for (const [index, { message, receipt, previouslyAt }] of taken.entries()) {
      expect(previouslyAt !== null).toBe(model.messages.get(message.id)?.receipts.length !== 0);
      handOut(model, message.id, index < lost ? null : receipt);
    }
  };

function take(real: Real): Promise<Dequeued | null> {
  return dequeueMessage(real.ports, { activityId: real.activityId, connector: CONNECTOR });
}

/** Somebody acknowledges, with any receipt that was ever given out for any message, or with the id alone. */
const acknowledgeAny =
  (which: number, age: number): Step =>
  async (model, real) => {
    const ids = [...model.messages.keys()];
    const id = ids[which % Math.max(1, ids.length)];
    if (id === undefined) {
      return;
    }
    const receipts = model.messages.get(id)?.receipts ?? [];
    const receipt = receipts[age % Math.max(1, receipts.length + 1)] ?? null;

    const outcome = await acknowledgeMessage(real.ports, {
      activityId: real.activityId,
      messageId: id,
      receipt,
    }).then(
      (message) => message.state,
      (error) => (isAppError(error) ? error.code : Promise.reject(error)),
    );

    expect(outcome).toBe(acknowledge(model, id, receipt));
  };

const pass =
  (ms: number): Step =>
  async (model, real) => {
    model.now += ms;
    real.clock.advance(ms);
  };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant(enqueue),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.nat(2))
    .map(([consumers, lost]) => dequeue(consumers, lost)),
  fc.tuple(fc.nat(20), fc.nat(5)).map(([which, age]) => acknowledgeAny(which, age)),
  fc.constantFrom(1, LEASE_MS - 1, LEASE_MS, 5 * LEASE_MS).map(pass),
);

test("dequeue and acknowledge agree with the model, whatever consumers, crashes and clocks do", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const clock = manualClock(START);
      const real = {
        activityId: storage.ids.guid(),
        clock,
        ports: { ...storage, clock },
        enqueued: 0,
      };
      const model = emptyModel(new Date(START).getTime());
      for (const take of steps) {
        await take(model, real);
      }
    }),
    { numRuns: 60 },
  );
}, 300_000);
