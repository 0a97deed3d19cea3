import { acknowledgeDelivery } from "../../../src/domain/deliveries/acknowledge-delivery.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import { RUN_TIMES } from "../../../src/domain/exports/run-times.ts";
import type { FileAvailableEvent } from "../../../src/domain/ledger/file-available.ts";
import type { RunRequestOf } from "../../../src/domain/ports.ts";
import { explainDeadLetter } from "../../../src/domain/ticks/dead-letter.ts";
import { doChores } from "../../../src/domain/ticks/do-chores.ts";
import { isTickLate, scheduleTick, tickWatch } from "../../../src/domain/ticks/late-ticks.ts";
import { dequeueOne } from "../dequeue-one.ts";
import type { QueueWorld, SessionLock } from "../queue-world.ts";
import { aProcess, type ModelWorld } from "./model-world.ts";
import type { Process } from "./simulation.ts";

const TICK_MS = 60_000;
const ROW_MS = 25_000;
const PULL_MS = 20_000;
export const LEASE_SECONDS = 30;
/** The platform ends an invocation's work by then; see functionTimeout in host.json. */
const MAX_RUN_MS = 9.5 * 60_000;
const MAX_RENEWAL_MS = 10 * 60_000;
/** Time until the platform has replaced a process that died. */
const RESTART_MS = 5_000;

/**
 * A partner's two workers, and their knowledge: the files that each got, and those whose acknowledgement each was told.
 */
export interface Partner {
  readonly connectorId: string;
  readonly ordered: boolean;
  readonly acknowledged: Set<string>;
  /** Handed out although it was acknowledged before. */
  readonly again: string[];
}

/** Everything that goes on by itself: the timer, the queues' workers, rows that come, partners that pull. */
export interface Life {
  readonly world: ModelWorld;
  readonly partners: readonly Partner[];
  /** No new row after that. */
  rowsUntilMs: number;
  ticking: Process | null;
  /** Locks whose holders are at work; nobody renews another. */
  readonly serving: Set<SessionLock>;
  /** After whatever a process has done it looks whether ticks are late. */
  readonly watches: Map<Process, () => Promise<void>>;
}

export function startLife(world: ModelWorld, partners: readonly Partner[]): Life {
  const life: Life = {
    world,
    partners,
    rowsUntilMs: Number.POSITIVE_INFINITY,
    ticking: null,
    serving: new Set(),
    watches: new Map(),
  };
  const { sim } = world;
  every(life, TICK_MS, () => startTick(life));
  every(life, ROW_MS, () => addRows(life));
  for (const partner of partners) {
    every(life, PULL_MS, () => startPull(life, partner));
  }
  const work = handlesOf(world);
  sim.onStep(() => {
    keepLocks(life);
    startWorkers(life, world.runs, work.runs);
    startWorkers(life, world.events, work.events);
    startWorkers(life, world.ticks, work.ticks);
    explainDeadLetters(world);
  });
  return life;
}

function handlesOf(world: ModelWorld): Handles {
  return {
    runs: (process, request, signal) => runExport(world.portsOf(process), request, { signal }),
    events: async (process, event) => {
      await fanOut(world.portsOf(process), event);
    },
    ticks: async (process) => {
      const ports = world.portsOf(process);
      await ((await isTickLate(ports)) ? doChores(ports, RUN_TIMES) : scheduleTick(ports));
    },
  };
}

function every(life: Life, ms: number, act: () => void): void {
  const { sim } = life.world;
  const next = () => {
    act();
    sim.at(sim.nowMs + ms, next);
  };
  sim.at(sim.nowMs + ms, next);
}

/** Some process that takes work now. */
export function anyProcess({ sim, processes }: ModelWorld): Process | null {
  const able = processes.filter((each) => each.isAlive && each.frozenUntilMs <= sim.nowMs);
  return able[sim.draw(Math.max(1, able.length))] ?? null;
}

export function kill(world: ModelWorld, process: Process): void {
  const { sim, processes } = world;
  process.isAlive = false;
  sim.at(sim.nowMs + RESTART_MS, () => {
    // another name: it holds none of the locks of the one before
    processes[processes.indexOf(process)] = aProcess(`${process.name}+`);
  });
}

/** The timer has one holder; another takes over when that one is dead or frozen. */
export function startTick(life: Life, isSecond = false): void {
  const { world } = life;
  const { ticking } = life;
  const isBusy = ticking?.isAlive === true && ticking.frozenUntilMs <= world.sim.nowMs;
  const process = anyProcess(world);
  if (process === null || (isBusy && !isSecond)) {
    return;
  }
  life.ticking = process;
  void tick(life, process).finally(() => {
    life.ticking = life.ticking === process ? null : life.ticking;
  });
}

async function tick({ world }: Life, process: Process): Promise<void> {
  await succeeds(doChores(world.portsOf(process), RUN_TIMES));
}

/** Any running process empties the dead letters of the queues. */
function explainDeadLetters(world: ModelWorld): void {
  if (world.queues.every(({ deadLetters }) => deadLetters.length === 0)) {
    return;
  }
  const process = world.sim.isCut("bus") ? null : anyProcess(world);
  for (const queue of process === null ? [] : world.queues) {
    for (const { messageId, reason, body } of queue.deadLetters.splice(0)) {
      const letter = { queue: queue.name, messageId, reason, description: null, body };
      world.deadLetters.push(messageId);
      explainDeadLetter(world.observer, letter);
    }
  }
}

function addRows(life: Life): void {
  const { sim, sources } = life.world;
  if (sim.nowMs <= life.rowsUntilMs) {
    for (const table of Object.values(sources)) {
      table.rows.push(sim.nowMs);
    }
  }
}

/** A process renews the locks that it holds, as long as it is awake and reaches the bus. */
function keepLocks({ world, serving }: Life): void {
  const { sim } = world;
  const isCut = sim.isCut("bus");
  for (const queue of world.queues) {
    for (const lock of isCut || queue.lockCount === 0 ? [] : queue.locks()) {
      // a lock that ran out while its holder slept or time jumped on is lost, not renewed
      if (serving.has(lock) && isRenewed(world, lock)) {
        queue.renew(lock);
      }
    }
    queue.passTime();
  }
}

function isRenewed({ sim, processes }: ModelWorld, lock: SessionLock): boolean {
  const { nowMs } = sim;
  const holder = processes.find(({ name, isAlive }) => isAlive && name === lock.holder);
  const isAwake = holder !== undefined && holder.frozenUntilMs <= nowMs;
  return isAwake && nowMs - lock.acceptedAtMs < MAX_RENEWAL_MS && lock.untilMs > nowMs;
}

type Handle<Body> = (process: Process, body: Body, signal: AbortSignal) => Promise<void>;

interface Handles {
  readonly runs: Handle<RunRequestOf<"export">>;
  readonly events: Handle<FileAvailableEvent>;
  readonly ticks: Handle<null>;
}

function startWorkers<Body>(life: Life, queue: QueueWorld<Body>, handle: Handle<Body>): void {
  const { world } = life;
  while (queue.hasNext() && !world.sim.isCut("bus")) {
    const process = anyProcess(world);
    const lock = process === null ? null : queue.accept(process.name);
    if (process === null || lock === null) {
      return;
    }
    life.serving.add(lock);
    void serve(life, { process, queue, lock, handle }).finally(() => life.serving.delete(lock));
  }
}

interface Service<Body> {
  readonly process: Process;
  readonly queue: QueueWorld<Body>;
  readonly lock: SessionLock;
  readonly handle: Handle<Body>;
}

/** One worker at one session: message after message, until there is none, or the lock is lost. */
async function serve<Body>(
  life: Life,
  { process, queue, lock, handle }: Service<Body>,
): Promise<void> {
  const { sim } = life.world;
  const settle = sim.callOf(process, "bus");
  for (let message = queue.receive(lock); message !== null; message = queue.receive(lock)) {
    const given = message;
    const aborting = new AbortController();
    const cancel = sim.at(sim.nowMs + MAX_RUN_MS, () => aborting.abort());
    const isDone = await succeeds(handle(process, given.body, aborting.signal));
    cancel();
    const isSettled = await succeeds(
      settle("settle", () => {
        if (isDone) {
          queue.complete(lock, given);
        } else {
          queue.abandon(lock, given);
        }
      }),
    );
    if (!isSettled) {
      return;
    }
  }
  queue.release(lock);
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}

/** One request of a partner for one file, and the acknowledgement a while later. Answers may be lost on the way. */
function startPull(life: Life, partner: Partner): void {
  const process = anyProcess(life.world);
  if (process !== null) {
    const watch = life.watches.get(process) ?? tickWatch(life.world.portsOf(process));
    life.watches.set(process, watch);
    void succeeds(pull(life, partner, process)).then(() => succeeds(watch()));
  }
}

async function pull({ world }: Life, partner: Partner, process: Process): Promise<void> {
  const { connectorId, ordered } = partner;
  const connector = { leaseSeconds: LEASE_SECONDS, ordered, acknowledge: "always" as const };
  const taken = await dequeueOne(world.portsOf(process), { queueId: connectorId, connector });
  if (taken === null) {
    return;
  }
  const { delivery, receipt } = taken;
  const name = `${delivery.file.fileType} ${delivery.file.sequence}`;
  if (partner.acknowledged.has(delivery.id)) {
    partner.again.push(name);
  }
  // most are quick; some acknowledge when their lease has ended, some never
  const takesMs = [1_000, 2_000, 5_000, 40_000, null][world.sim.draw(5)] ?? null;
  const answering = anyProcess(world);
  if (takesMs === null || answering === null) {
    return;
  }
  await new Promise<void>((resolve) => world.sim.at(world.sim.nowMs + takesMs, resolve));
  const ack = { queueId: connectorId, deliveryId: delivery.id, receipt, connector };
  await acknowledgeDelivery(world.portsOf(answering), ack);
  partner.acknowledged.add(delivery.id);
}
