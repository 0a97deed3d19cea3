import {
  changeExport,
  type Intent,
  inTurn,
  makeReadable,
  makeUnreadable,
  recreateExport,
  recreateSubscription,
  renamed,
} from "./model-definitions.ts";
import { kill, type Life, startTick } from "./model-life.ts";
import type { ModelWorld } from "./model-world.ts";
import type { Disturbance, Schedule } from "./schedules.ts";
import type { Process } from "./simulation.ts";

/** Effect of a disturbance on the world, and the part that lasts until the world heals. */
function disturb(life: Life, intent: Intent, what: Disturbance): void {
  const act = ACTS[what.kind] as (place: Place, what: Disturbance) => void;
  act({ life, intent, world: life.world }, what);
}

interface Place {
  readonly life: Life;
  readonly intent: Intent;
  readonly world: ModelWorld;
}

type Acts = {
  readonly [Kind in Disturbance["kind"]]: (
    place: Place,
    what: Extract<Disturbance, { kind: Kind }>,
  ) => void;
};

const ACTS: Acts = {
  kill: ({ world }, { process }) => {
    const victim = processOf(world, process);
    if (victim.isAlive) {
      kill(world, victim);
    }
  },
  freeze: ({ world }, { process, forMs }) => {
    processOf(world, process).frozenUntilMs = world.sim.nowMs + forMs;
  },
  "slow-call": ({ world }, { process, forMs }) => {
    processOf(world, process).slowMs = forMs;
  },
  fate: ({ world }, { process, fate }) => {
    processOf(world, process).fate = fate;
  },
  cut: ({ world }, { service, forMs }) => world.sim.cut(service, world.sim.nowMs + forMs),
  "lose-locks": ({ world }, { queue }) => world[queue].loseLocks(),
  "second-tick": ({ life }) => startTick(life, true),
  jump: ({ world }, { process, byMs, forMs }) => {
    const victim = processOf(world, process);
    victim.skewMs = byMs;
    world.sim.at(world.sim.nowMs + forMs, () => {
      victim.skewMs = 0;
    });
  },
  "refuse-reads": ({ world }, { source, forMs }) => {
    world.sources[source].refuses = true;
    world.sim.at(world.sim.nowMs + forMs, () => {
      world.sources[source].refuses = false;
    });
  },
  reschedule: ({ world, intent }, { id, minutes }) => {
    inTurn(intent, () => changeExport(world, intent, { id, facts: { minutes } }));
  },
  rename: ({ world, intent }, { id }) => {
    inTurn(intent, () => changeExport(world, intent, { id, facts: renaming(intent, id) }));
  },
  recreate: ({ world, intent }, { id, renamed: isRenamed }) => {
    inTurn(intent, () =>
      recreateExport(world, intent, { id, facts: isRenamed ? renaming(intent, id) : {} }),
    );
  },
  delete: ({ world, intent }, { id }) => {
    inTurn(intent, () => recreateExport(world, intent, { id, facts: null }));
  },
  resubscribe: ({ world, intent }, { id }) => {
    inTurn(intent, () => recreateSubscription(world, intent, id));
  },
  unreadable: ({ world, intent }, { what, which, forMs }) => {
    const id = [...intent[what].keys()][which] ?? "";
    makeUnreadable(world, what, id);
    world.sim.at(world.sim.nowMs + forMs, () => makeReadable(world, what, id));
  },
  unlabelled: ({ world }, { fileType }) => void world.unlabelled.add(fileType),
};

function processOf({ processes }: ModelWorld, index: 0 | 1): Process {
  return processes[index] as Process;
}

function renaming(intent: Intent, id: string): { fileType: string } {
  return { fileType: renamed(intent.exports.get(id)?.facts.fileType ?? "") };
}

/**
 * Disturbs the world along the points that are passed.
 *
 * @returns when the last disturbance that has begun ends, and whether more are to come
 */
export function disturbAlong(
  life: Life,
  intent: Intent,
  { disturbances }: Schedule,
): { readonly endsAtMs: () => number; readonly areLeft: () => boolean; stop(): void } {
  const { sim } = life.world;
  const left = [...disturbances];
  let lastAt = 0;
  let endsAtMs = 0;
  sim.onStep(() => {
    for (
      let [next] = left;
      next !== undefined && sim.points >= lastAt + next.after;
      [next] = left
    ) {
      left.shift();
      lastAt = sim.points;
      endsAtMs = Math.max(endsAtMs, sim.nowMs + ("forMs" in next ? next.forMs : 0));
      disturb(life, intent, next);
    }
  });
  return {
    endsAtMs: () => endsAtMs,
    areLeft: () => left.length > 0,
    stop: () => void left.splice(0),
  };
}

/** Ends all disturbances. A fate that is not undone stays: the others must not suffer from it. */
export function heal({ world }: Life, intent: Intent): void {
  const { sim, processes, sources } = world;
  sim.cut("storage", 0);
  sim.cut("bus", 0);
  for (const process of processes) {
    Object.assign(process, { frozenUntilMs: 0, skewMs: 0, slowMs: 0, fate: "as-asked" });
  }
  sim.wake();
  for (const source of Object.values(sources)) {
    source.refuses = false;
  }
  for (const kind of ["exports", "subscriptions"] as const) {
    for (const id of intent[kind].keys()) {
      makeReadable(world, kind, id);
    }
  }
}
