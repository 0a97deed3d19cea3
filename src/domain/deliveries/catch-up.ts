import { everyTurn } from "../every-turn.ts";
import type { Behind } from "../ledger/ledger.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import { type Subscription, subscriptionOf } from "./audience.ts";
import { type FanOutPorts, type Given, giveTo, newOnes } from "./fan-out.ts";
import { NotYet } from "./ways/way.ts";

/** Limit for one subscription at a time. Then the note moves on, so that a crash repeats no more than these. */
const MAX_FILES = 500;
/** After this time no further file is begun; the next tick continues. */
const MAX_MS = 60_000;

/**
 * Gives subscriptions that are behind their missing files of a type, in order. If a subscription still cannot be read
 * or get its files, it stays behind and does not stop the others.
 *
 * The note ends only if it has not changed since it was read. A caller that leaves out a file for a subscription that
 * is behind writes the note again. So a file that is published meanwhile is never missed.
 *
 * @returns how many deliveries were new
 */
export async function catchUp(ports: FanOutPorts, fileType: string): Promise<number> {
  const startedAtMs = ports.clock.now().getTime();
  return everyTurn(await ports.ledger.behind(fileType), async (note) => {
    let inserted = 0;
    for (let next: Behind | null = note; next !== null; ) {
      const { given, rest } = await catchUpSome(ports, next);
      inserted += given;
      next = ports.clock.now().getTime() - startedAtMs < MAX_MS ? rest : null;
    }
    return inserted;
  });
}

/** @returns how many deliveries were new, and the note if more can be done now */
async function catchUpSome(
  ports: FanOutPorts,
  note: Behind,
): Promise<{ given: number; rest: Behind | null }> {
  const { fileType, subscriptionId } = note;
  const subscription = await readable(ports, note);
  if (subscription === null) {
    return { given: 0, rest: null };
  }
  const entries = await ports.ledger.listFrom(fileType, note.from, MAX_FILES);
  let given = 0;
  for (const entry of entries) {
    const queues = await giveNow(ports, entry, subscription);
    if (queues === null) {
      return { given, rest: null };
    }
    await ports.deliveries.noteQueuesOf(entry, queues, { isAll: false }); // C23
    given += newOnes(queues);
  }
  const last = entries.at(-1);
  if (entries.length === MAX_FILES && last !== undefined) {
    return { given, rest: await ports.ledger.moveBehind(note, last.sequence + 1) };
  }
  // C23
  if (await ports.ledger.endBehind(note)) {
    ports.log("subscription-caught-up", { subscriptionId, fileType, from: note.from });
  }
  return { given, rest: null };
}

/** @returns null when it cannot be read, and when it was deleted: then nothing is owed to it any more */
async function readable(ports: FanOutPorts, note: Behind): Promise<Subscription | null> {
  const found = await ports.definitions.findAny("subscriptions", note.subscriptionId);
  if (found === null) {
    await ports.ledger.endBehind(note);
    return null;
  }
  return "unreadable" in found
    ? null
    : subscriptionOf(found, await ports.subscriptions.starts(found.id));
}

/** @returns null when the subscription cannot get files yet */
async function giveNow(
  ports: FanOutPorts,
  entry: LedgerEntry,
  subscription: Subscription,
): Promise<readonly Given[] | null> {
  try {
    return await giveTo(ports, entry, subscription);
  } catch (error) {
    if (error instanceof NotYet) {
      return null;
    }
    throw error;
  }
}
