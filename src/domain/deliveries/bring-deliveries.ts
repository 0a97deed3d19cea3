import type { AnyDefinition, Ports } from "../ports.ts";
import type { DeliveryAttempt } from "./deliveries.ts";
import {
  acknowledged,
  type Delivery,
  dequeued,
  isVisible,
  rejected,
  released,
} from "./delivery.ts";
import { hint } from "./note-due.ts";
import type { OwnQueue, OwnQueueState } from "./own-queues.ts";
import { ownerOf, type QueueId, queueFacts } from "./queue-id.ts";
import { retryAt } from "./retry-at.ts";
import type { BringFilePorts, Brought, Pace, Receiver } from "./ways/way.ts";
import { type Via, wayOf } from "./ways/ways.ts";

export type BringPorts = BringFilePorts & Pick<Ports, "definitions">;

/** Attempts at once for one subscription. */
const AT_ONCE = 4;
/** An attempt takes less. If its process dies, another process takes the delivery after this time. */
const LEASE_MS = 2 * 60_000;
/** After so many failures in a row, one file at a time is tried, and the others wait. */
const PAUSE_AFTER = 5;
/** A disabled or unreadable subscription is looked at again after this time. */
const LOOK_AGAIN_MS = 5 * 60_000;
/** Other failing endpoints hold all places for as long, at least. */
const WAIT_FOR_LANE_MS = 5_000;

/**
 * Brings the files of a subscription's own queue, by the subscription's present way, until nothing is due.
 *
 * A delivery is leased while it is brought, as a partner's dequeue leases it. So a process that dies delays the file and
 * loses nothing, and two processes never bring one file at once. A file may be brought twice: after an attempt whose
 * result could not be written.
 *
 * The definition is read before each turn, so that a change counts at once.
 *
 * @param limits.mayTryFailing asked before an endpoint is tried that failed last
 * @param limits.signal ends it early; another invocation continues
 * @returns number of attempts
 */
export async function bringDeliveries(
  ports: BringPorts,
  queueId: QueueId,
  limits: { mayTryFailing(): boolean; signal: AbortSignal },
): Promise<number> {
  let attempts = 0;
  for (;;) {
    const turn = await nextTurn(ports, queueId, limits);
    const made = turn === null ? null : await takeTurn(ports, turn);
    if (made === null) {
      return attempts;
    }
    attempts += made;
  }
}

/** @returns null when nothing can be brought now */
async function nextTurn(
  ports: BringPorts,
  queueId: QueueId,
  limits: { mayTryFailing(): boolean; signal: AbortSignal },
): Promise<Turn | null> {
  const queue = await ports.ownQueues.find(queueId);
  if (queue === null || !isOpen(ports, queue)) {
    return null;
  }
  if (limits.signal.aborted || (queue.failures > 0 && !limits.mayTryFailing())) {
    await hint(ports, queueId, later(ports, limits.signal.aborted ? 0 : WAIT_FOR_LANE_MS));
    return null;
  }
  const receiver = receiverOf(queueId, await definitionOf(ports, queueId));
  if (receiver === "none") {
    await ports.ownQueues.end(queue);
    return null;
  }
  if (receiver === "closed") {
    await putOff(ports, queue, later(ports, LOOK_AGAIN_MS));
    return null;
  }
  return { queue, receiver };
}

function isOpen({ clock }: Pick<Ports, "clock">, { stopped, pausedUntil }: OwnQueue): boolean {
  return stopped === null && (pausedUntil === null || pausedUntil <= clock.now());
}

async function definitionOf(
  { definitions }: Pick<Ports, "definitions">,
  queueId: QueueId,
): Promise<AnyDefinition<"subscriptions"> | null> {
  return definitions.findAny("subscriptions", ownerOf(queueId)?.id ?? "");
}

/** @returns `none`: nothing is owed to it any more; `closed`: nothing can be brought now */
function receiverOf(
  queueId: QueueId,
  definition: AnyDefinition<"subscriptions"> | null,
): Receiver<Via> | "none" | "closed" {
  if (definition === null || definition.incarnation !== ownerOf(queueId)?.incarnation) {
    return "none";
  }
  const { id, incarnation, version } = definition;
  return "unreadable" in definition || !definition.body.enabled
    ? "closed"
    : { id, incarnation, version, via: definition.body.via };
}

interface Turn {
  readonly queue: OwnQueue;
  readonly receiver: Receiver<Via>;
}

/** Brings the files that are due, up to some at once. @returns number of attempts; null: there is nothing to do now */
async function takeTurn(ports: BringPorts, turn: Turn): Promise<number | null> {
  const { queue, receiver } = turn;
  const pace = wayOf(receiver.via).pace(receiver.via);
  const now = ports.clock.now();
  const limit = pace.ordered || queue.failures >= PAUSE_AFTER ? 1 : AT_ONCE;
  const ready = await ports.deliveries.ready(queue.queueId, {
    now,
    limit,
    ordered: pace.ordered,
  });
  const due = ready.filter((delivery) => isVisible(delivery, now));
  if (due.length === 0) {
    return waitForNext(ports, queue, pace);
  }
  const results = await Promise.all(due.map((delivery) => bringOne(ports, turn, delivery)));
  await noteHealth(ports, queue.queueId, { results, pace });
  return results.length;
}

const FAR = new Date("2250-01-01T00:00:00Z");

/** @returns null, if the queue holds nothing that is due now; 0 if something came meanwhile */
async function waitForNext(
  ports: BringPorts,
  queue: OwnQueue,
  { ordered }: Pace,
): Promise<number | null> {
  const [next] = await ports.deliveries.ready(queue.queueId, { now: FAR, limit: 1, ordered });
  if (next === undefined) {
    return (await ports.ownQueues.end(queue)) ? null : 0; // C31
  }
  return (await putOff(ports, queue, next.visibleAt)) ? null : 0;
}

/** @returns false when something came meanwhile */
async function putOff(ports: BringPorts, queue: OwnQueue, dueAt: Date): Promise<boolean> {
  const isSame = await ports.ownQueues.replace(queue, { ...stateOf(queue), dueAt }); // C31
  if (isSame) {
    await hint(ports, queue.queueId, dueAt);
  }
  return isSame;
}

function stateOf({ dueAt, failures, pausedUntil, stopped }: OwnQueueState): OwnQueueState {
  return { dueAt, failures, pausedUntil, stopped };
}

interface Result {
  readonly outcome: Brought["outcome"] | "taken";
  readonly isParked: boolean;
  readonly failure: string | null;
}

const TAKEN: Result = { outcome: "taken", isParked: false, failure: null };

async function bringOne(
  ports: BringPorts,
  { receiver }: Turn,
  delivery: Delivery,
): Promise<Result> {
  const way = wayOf(receiver.via);
  const pace = way.pace(receiver.via);
  const startedAt = ports.clock.now();
  const receipt = ports.ids.secret();
  const lease = { receipt, now: startedAt, leaseMs: LEASE_MS, ordered: pace.ordered };
  const leased: Delivery = {
    ...dequeued(delivery, lease),
    triedSince: delivery.triedSince ?? startedAt,
  };
  // C32
  if (!(await ports.deliveries.replace(delivery, leased))) {
    return TAKEN;
  }
  const brought = await way.bring(ports, receiver, leased);
  const endedAt = ports.clock.now();
  const attempt: DeliveryAttempt = {
    at: startedAt,
    durationMs: endedAt.getTime() - startedAt.getTime(),
    ...brought.attempt,
  };
  const after = settled(leased, { brought, receipt, now: endedAt, pace, random: ports.ids.guid() });
  // C32: an operator who changed it meanwhile has decided
  if (await ports.deliveries.replace(leased, after, attempt)) {
    report(ports, after, attempt);
  }
  const isParked = after.state === "rejected";
  return { outcome: brought.outcome, isParked, failure: attempt.failure };
}

/** The delivery after an attempt: delivered, waiting for the next attempt, or parked. */
function settled(
  leased: Delivery,
  facts: { brought: Brought; receipt: string; now: Date; pace: Pace; random: string },
): Delivery {
  const { brought, receipt, now, pace, random } = facts;
  if (brought.outcome === "delivered") {
    return acknowledged(leased, receipt, now);
  }
  const since = leased.triedSince ?? now;
  const reason = brought.attempt.failure ?? "The attempt failed.";
  if (brought.outcome === "failed" && now.getTime() - since.getTime() >= pace.giveUpAfterMs) {
    return rejected(leased, receipt, { reason, now });
  }
  const next = retryAt({ since, now, random, notBefore: brought.notBefore });
  const delayMs = brought.outcome === "gone" ? 0 : next.getTime() - now.getTime();
  return released(leased, receipt, { now, delayMs, ordered: pace.ordered });
}

function report(ports: BringPorts, delivery: Delivery, { status, failure }: DeliveryAttempt): void {
  const { queueId, id: deliveryId, file, state } = delivery;
  const { fileType, sequence } = file;
  const facts = { ...queueFacts(queueId), deliveryId, fileType, sequence, status };
  if (failure === null) {
    ports.log("delivery-brought", facts);
  } else {
    ports.log(state === "rejected" ? "delivery-parked" : "delivery-failed", { ...facts, failure });
  }
}

/** Notes how the endpoint fares; the note changes under every file that comes, so this is tried until it succeeds. */
async function noteHealth(
  ports: BringPorts,
  queueId: QueueId,
  { results, pace }: { results: readonly Result[]; pace: Pace },
): Promise<void> {
  for (;;) {
    const queue = await ports.ownQueues.find(queueId);
    const state = queue === null ? null : healthAfter(ports, queue, { results, pace });
    if (queue === null || state === null || (await ports.ownQueues.replace(queue, state))) {
      if (state?.stopped != null) {
        ports.log("endpoint-stopped", { ...queueFacts(queueId), because: state.stopped.because });
      } else if (state?.pausedUntil != null) {
        await hint(ports, queueId, state.pausedUntil);
      }
      return;
    }
  }
}

/** @returns null when nothing changes */
function healthAfter(
  ports: BringPorts,
  queue: OwnQueue,
  { results, pace }: { results: readonly Result[]; pace: Pace },
): OwnQueueState | null {
  const now = ports.clock.now();
  const gone = results.find(({ outcome }) => outcome === "gone");
  const held = pace.holds ? results.find(({ isParked }) => isParked) : undefined;
  const stopping = gone ?? held;
  if (stopping !== undefined) {
    const because = `${gone ? "the receiver is gone" : "a file could not be brought"}: ${stopping.failure}`;
    return { ...stateOf(queue), stopped: { at: now, because } };
  }
  if (results.some(({ outcome }) => outcome === "delivered")) {
    return queue.failures === 0 && queue.pausedUntil === null
      ? null
      : { ...stateOf(queue), failures: 0, pausedUntil: null };
  }
  const failed = results.filter(({ outcome }) => outcome === "failed").length;
  if (failed === 0) {
    return null;
  }
  const failures = queue.failures + failed;
  const isPaused = failures >= PAUSE_AFTER;
  const pausedUntil = isPaused ? pauseEnd(ports, failures) : null;
  return {
    ...stateOf(queue),
    failures,
    pausedUntil,
    dueAt: pausedUntil ?? queue.dueAt,
  };
}

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

function pauseEnd(ports: BringPorts, failures: number): Date {
  const doubled = FIRST_PAUSE_MS * 2 ** Math.min(10, failures - PAUSE_AFTER);
  return later(ports, Math.min(LONGEST_PAUSE_MS, doubled));
}

function later({ clock }: Pick<Ports, "clock">, ms: number): Date {
  return new Date(clock.now().getTime() + ms);
}
