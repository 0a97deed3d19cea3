import type { Ports } from "../../src/domain/ports.ts";
import type { Source } from "../../src/domain/source.ts";
import type { Target } from "../../src/domain/target.ts";

/** Thrown where the process dies; nothing may catch it and go on. */
export class Killed extends Error {}

export interface Killer {
  /** How many points at which the process could have died were passed. */
  readonly points: number;
  readonly isDead: boolean;
}

/**
 * Ports of a process that dies at one point. Each call of a port has two: before it has any effect, and after its
 * effect but before its answer arrives. Once dead, every further call dies too: a dead process does nothing more.
 *
 * @param at the point to die at, from 1; null: never
 */
export function mortal(ports: Ports, at: number | null): { ports: Ports; killer: Killer } {
  const state = { points: 0, isDead: false };
  const pass = (): void => {
    state.points++;
    if (state.isDead || state.points === at) {
      state.isDead = true;
      throw new Killed();
    }
  };
  const guarded = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? guardedCall(member.bind(target), pass) : member;
      },
    });
  return {
    killer: state,
    ports: {
      ...ports,
      definitions: guarded(ports.definitions),
      subscriptions: guarded(ports.subscriptions),
      topic: guarded(ports.topic),
      runs: guarded(ports.runs),
      executions: guarded(ports.executions),
      runQueue: guarded(ports.runQueue),
      files: guarded({ ...ports.files, uri: ports.files.uri }),
      ledger: guarded(ports.ledger),
      announcements: guarded(ports.announcements),
      deliveries: guarded(ports.deliveries),
      ownQueues: guarded(ports.ownQueues),
      deliveryHints: guarded(ports.deliveryHints),
      submissions: guarded(ports.submissions),
      consents: guarded(ports.consents),
      openWebhook: (connection) => {
        const endpoint = ports.openWebhook(connection);
        return {
          ...endpoint,
          call: (request) => dyingAround(() => endpoint.call(request), pass),
        };
      },
      openSource: (definition) => mortalSource(ports.openSource(definition), pass),
      openTarget: (definition) => mortalTarget(ports.openTarget(definition), pass),
    },
  };
}

type Call = (...args: unknown[]) => unknown;

function guardedCall(call: Call, pass: () => void): Call {
  return (...args) => {
    const answer = () => call(...args);
    const result = isSynchronous(call) ? answer() : undefined;
    if (typeof result === "string") {
      return result;
    }
    if (result !== undefined && isAsyncIterable(result)) {
      return mortalIterable(result, pass);
    }
    return dyingAround(answer, pass);
  };
}

/** `uri` and what gives an iterable answer at once; calling them has no effect. */
function isSynchronous(call: Call): boolean {
  return /^(bound )?(uri|all|unannounced|notFannedOut)$/.test(call.name);
}

async function dyingAround<Answer>(
  answer: () => Answer | Promise<Answer>,
  pass: () => void,
): Promise<Answer> {
  pass();
  const result = await answer();
  pass();
  return result;
}

async function* mortalIterable<Item>(
  items: AsyncIterable<Item>,
  pass: () => void,
): AsyncGenerator<Item> {
  pass();
  for await (const item of items) {
    yield item;
    pass();
  }
}

function mortalSource(source: Source, pass: () => void): Source {
  return {
    read: async (request) => {
      pass();
      const read = await source.read(request);
      pass();
      return {
        ...read,
        batches: mortalIterable(read.batches, pass),
        ...(read.place ? { place: () => read.place?.() ?? null } : {}),
        nextCursor: () => read.nextCursor(),
        window: () => read.window(),
      };
    },
  };
}

function mortalTarget(target: Target, pass: () => void): Target {
  return {
    open: async (request) => {
      const writer = await dyingAround(() => target.open(request), pass);
      return {
        write: (batch, firstRow) => dyingAround(() => writer.write(batch, firstRow), pass),
        commit: () => dyingAround(() => writer.commit(), pass),
        close: () => dyingAround(() => writer.close(), pass),
      };
    },
  };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
