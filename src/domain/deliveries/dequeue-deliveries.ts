import type { ConnectorOf } from "../definitions/definitions.ts";
import { startingAnywhere } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import type { DeliveryChange } from "./deliveries.ts";
import { type Delivery, dequeued, isVisible } from "./delivery.ts";
import type { QueueId } from "./queue-id.ts";

/** Enough that many consumers rarely choose the same delivery, few enough for one page of the table. */
const CANDIDATES = 32;
/** After so many lost races the queue counts as empty for this caller. Another call will find the rest. */
const ATTEMPTS = 5;

export interface Dequeued {
  readonly delivery: Delivery;
  readonly receipt: string;
  /** Time of the last dequeue before; null the first time. */
  readonly previouslyAt: Date | null;
}

interface DequeueInput {
  readonly queueId: QueueId;
  readonly connector: Pick<ConnectorOf<"export">, "leaseSeconds" | "ordered">;
  readonly max: number;
}

/**
 * Hands out waiting deliveries and hides them until they are acknowledged or their lease ends. It does so in one
 * transaction, or one by one if another consumer has taken one of them meanwhile.
 *
 * Concurrent consumers get different deliveries: only one of them can win each claim. An ordered connector hands out only
 * its oldest delivery.
 *
 * @param input.max 1 to 33: the limit of one transaction of the table
 * @returns an empty list when no delivery waits; fewer than `max` does not mean that no more wait
 */
export async function dequeueDeliveries(
  ports: Pick<Ports, "deliveries" | "clock" | "ids">,
  input: DequeueInput,
): Promise<readonly Dequeued[]> {
  const { ordered, leaseSeconds } = input.connector;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const now = ports.clock.now();
    const request = { now, limit: ordered ? 1 : Math.max(CANDIDATES, input.max), ordered };
    const waiting = (await ports.deliveries.ready(input.queueId, request)).filter((delivery) =>
      isVisible(delivery, now),
    );
    if (waiting.length === 0) {
      return [];
    }
    const lease = { now, leaseMs: leaseSeconds * 1_000, ordered };
    const claim = (delivery: Delivery) => claimOn(delivery, lease, ports.ids.secret());
    const taken =
      attempt === 0
        ? await takeTogether(ports, waiting.slice(0, input.max).map(claim))
        : await takeSingly(ports, startingAnywhere(waiting, ports.ids.guid()), {
            claim,
            max: input.max,
          });
    if (taken.length > 0) {
      return taken;
    }
  }
  return [];
}

interface Claim extends DeliveryChange {
  readonly receipt: string;
}

function claimOn(
  delivery: Delivery,
  lease: { now: Date; leaseMs: number; ordered: boolean },
  receipt: string,
): Claim {
  return { before: delivery, after: dequeued(delivery, { receipt, ...lease }), receipt };
}

/** Takes the oldest ones, while no other consumer is active. */
async function takeTogether(
  ports: Pick<Ports, "deliveries">,
  claims: readonly Claim[],
): Promise<readonly Dequeued[]> {
  return (await ports.deliveries.replaceAll(claims)) ? claims.map(dequeuedBy) : []; // C24
}

/** Takes one by one after a lost race, from a random place, so that consumers spread. */
async function takeSingly(
  ports: Pick<Ports, "deliveries">,
  candidates: readonly Delivery[],
  { claim: claimOf, max }: { claim: (delivery: Delivery) => Claim; max: number },
): Promise<readonly Dequeued[]> {
  const taken: Dequeued[] = [];
  for (const candidate of candidates) {
    if (taken.length === max) {
      break;
    }
    const claim = claimOf(candidate);
    // C24
    if (await ports.deliveries.replace(claim.before, claim.after)) {
      taken.push(dequeuedBy(claim));
    }
  }
  return taken;
}

function dequeuedBy({ before, after, receipt }: Claim): Dequeued {
  return { delivery: after, receipt, previouslyAt: before.lastDequeuedAt };
}
