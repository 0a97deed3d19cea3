import type { Starts, SubscriptionStart } from "../definitions/definition-store.ts";
import type { SubscriptionDefinition } from "../definitions/definitions.ts";
import { isFamily, isOfPattern } from "../ids.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { AnyDefinition, Ports } from "../ports.ts";
import type { Start } from "./start.ts";

type StartPorts = Pick<Ports, "ledger" | "subscriptions">;

/**
 * Decides with which number each file type of a subscription begins. Numbers decide, never times: a file belongs to the
 * subscription if its number is not below the start.
 *
 * A file type that the subscription had before keeps its start, unless the member `start` changes. A definition that
 * could not be read keeps its starts too: every file since is owed to it.
 */
export async function decideStart(
  ports: StartPorts,
  before: AnyDefinition<"subscriptions"> | null,
  after: { readonly id: string; readonly body: SubscriptionDefinition },
): Promise<SubscriptionStart> {
  const known = await ports.ledger.fileTypes();
  const had = before === null ? {} : await ports.subscriptions.starts(after.id);
  const { body } = after;
  const keeps = keeping(before, body.start);
  const starts: Record<string, number> = {};
  const from: Record<string, number> = {};
  for (const fileType of fileTypesOf(body.fileTypes, known)) {
    if (keeps(fileType)) {
      starts[fileType] = had[fileType] ?? 1;
    } else {
      const first = await firstNumber(ports, fileType, body.start);
      starts[fileType] = first;
      from[fileType] = first;
    }
  }
  const families = body.fileTypes.filter((pattern) => isFamily(pattern) && !keeps(pattern));
  return { starts, owed: { from, families } };
}

/** The file types that patterns stand for, among those that have files or are named. */
function fileTypesOf(patterns: readonly string[], known: readonly string[]): Set<string> {
  return new Set([
    ...patterns.filter((pattern) => !isFamily(pattern)),
    ...known.filter((fileType) => patterns.some((pattern) => isOfPattern(fileType, pattern))),
  ]);
}

/** A test of whether a file type, or a pattern, belonged to the subscription before. */
function keeping(
  before: AnyDefinition<"subscriptions"> | null,
  start: Start,
): (fileType: string) => boolean {
  if (before === null) {
    return () => false;
  }
  if ("unreadable" in before) {
    return () => true;
  }
  const { fileTypes } = before.body;
  return before.body.start === start
    ? (fileType) => fileTypes.some((pattern) => isOfPattern(fileType, pattern))
    : () => false;
}

async function firstNumber(ports: StartPorts, fileType: string, start: Start): Promise<number> {
  if (typeof start === "number") {
    return start;
  }
  if (start === "beginning") {
    return 1;
  }
  const last = await ports.ledger.lastNumber(fileType);
  return start === "now" ? last + 1 : firstSince(ports, { fileType, last }, new Date(start));
}

/** Publishers of one file type have clocks of their own, so that neighbours may be out of order by this much. */
const CLOCKS_APART_MS = 60_000;

/** Number of the first file that was published at that time or later. */
async function firstSince(
  ports: StartPorts,
  { fileType, last }: { readonly fileType: string; readonly last: number },
  time: Date,
): Promise<number> {
  const early = new Date(time.getTime() - CLOCKS_APART_MS);
  let low = 1;
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const entry = await ports.ledger.find(fileType, middle);
    if (entry === null || entry.publishedAt < early) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (let from = low; ; ) {
    const entries = await ports.ledger.listFrom(fileType, from, PAGE);
    const first = entries.find(({ publishedAt }: LedgerEntry) => publishedAt >= time);
    if (first !== undefined) {
      return first.sequence;
    }
    if (entries.length < PAGE) {
      return from + entries.length;
    }
    from += PAGE;
  }
}

const PAGE = 500;

/** Whether a file belongs to a subscription that begins so. */
export function isStarted(starts: Starts, fileType: string, sequence: number): boolean {
  return sequence >= (Object.hasOwn(starts, fileType) ? (starts[fileType] ?? 1) : 1);
}

/**
 * Notes in the ledger which files that exist already are owed to subscriptions which begin with them. The catch-up
 * delivers them.
 *
 * A file may have been published while its subscription was saved, so that its fan-out did not see the subscription.
 * Therefore each start is compared with the ledger again, after the subscription stands.
 */
export async function settleStarts(ports: StartPorts): Promise<void> {
  for (const owed of await ports.subscriptions.owedStarts()) {
    const { subscriptionId, families } = owed;
    const starts = await ports.subscriptions.starts(subscriptionId);
    const meanwhile = (await appeared(ports, families)).filter(
      (fileType) => !Object.hasOwn(starts, fileType),
    );
    const from = { ...owed.from, ...Object.fromEntries(meanwhile.map((each) => [each, 1])) };
    for (const [fileType, first] of Object.entries(from)) {
      if ((await ports.ledger.lastNumber(fileType)) >= first) {
        await ports.ledger.noteBehind(fileType, subscriptionId, first); // C33
      }
    }
    await ports.subscriptions.endOwedStart(owed); // C33
  }
}

async function appeared(ports: StartPorts, families: readonly string[]): Promise<string[]> {
  if (families.length === 0) {
    return [];
  }
  const known = await ports.ledger.fileTypes();
  return known.filter((fileType) => families.some((family) => isOfPattern(fileType, family)));
}
