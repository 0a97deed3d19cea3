import type { Ports } from "../ports.ts";
import { alive, type InboundMessage, isOwed } from "../submissions/inbound-message.ts";
import { BEAT_MS } from "./retry-policy.ts";

/** Another attempt has the message by now, or somebody took it away. */
export class TakenOver extends Error {}

/** What an attempt has in its hand: the message, as long as nobody else took it over. */
export interface Hold {
  /** Aborted when the message was taken over: what the attempt does from then on counts for nothing. */
  readonly lost: AbortSignal;
  current(): InboundMessage;
  /** Changes the message, one change after the other. @throws TakenOver */
  change(next: (message: InboundMessage) => InboundMessage): Promise<void>;
  /** Says that the attempt lives, every 15 seconds at most. @throws TakenOver */
  beat(): Promise<void>;
  /** No heartbeat follows. */
  end(): void;
}

type HoldPorts = Pick<Ports, "inbox" | "clock" | "log">;

/** Looks whether a heartbeat is due, also while the attempt waits for something else. */
const LOOK_MS = 5_000;
/** Changes of others that leave the message to the attempt are rare. */
const MAX_CONFLICTS = 5;

/**
 * Holds a message that this attempt has begun. Its heartbeat in the message's row tells everybody else that it is being
 * worked on, and tells the attempt when it was taken over.
 *
 * A heartbeat that cannot be written ends nothing: storage may be away for a while. If it is away for long, another
 * attempt takes over, and this one learns of it by its next change.
 */
export function holdMessage(ports: HoldPorts, message: InboundMessage): Hold {
  const lost = new AbortController();
  let current = message;
  let beatAt = message.touchedAt;
  let turn: Promise<unknown> = Promise.resolve();

  const change: Hold["change"] = (next) => {
    const changing = turn.then(async () => {
      current = await replaced(ports, current, next);
    });
    turn = changing.catch((error: unknown) => {
      if (error instanceof TakenOver) {
        lost.abort(error);
      }
    });
    return changing;
  };
  const beat = async (): Promise<void> => {
    const now = ports.clock.now();
    if (lost.signal.aborted) {
      throw new TakenOver();
    }
    if (Math.abs(now.getTime() - beatAt.getTime()) < BEAT_MS) {
      return;
    }
    beatAt = now;
    try {
      await change((held) => alive(held, now));
    } catch (error) {
      if (error instanceof TakenOver) {
        throw error;
      }
      ports.log("heartbeat-failed", { messageId: message.id, failure: String(error) });
    }
  };
  const timer = setInterval(() => void beat().catch(() => undefined), LOOK_MS);
  timer.unref();
  return {
    lost: lost.signal,
    current: () => current,
    change,
    beat,
    end: () => clearInterval(timer),
  };
}

/** A write whose answer was lost has perhaps happened: what is this attempt's stays this attempt's. */
async function replaced(
  ports: HoldPorts,
  held: InboundMessage,
  next: (message: InboundMessage) => InboundMessage,
): Promise<InboundMessage> {
  let before = held;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const after = next(before);
    if (await ports.inbox.replace(before, after)) {
      return after;
    }
    const found = await ports.inbox.get(held.activityId, held.id);
    if (found === null || found.attemptId !== held.attemptId || !isOwed(found)) {
      break;
    }
    before = found;
  }
  throw new TakenOver();
}
