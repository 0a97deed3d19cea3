import { DAY_MS } from "../../formats/day.ts";
import { decideStart } from "../deliveries/decide-start.ts";
import { matcherOf } from "../deliveries/subscription.ts";
import { fieldProblems } from "../field-problems.ts";
import { isOfPattern } from "../ids.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { Ports } from "../ports.ts";
import type { Connections } from "../source.ts";
import { definitionProblems } from "./definition-problems.ts";
import type { SubscriptionDefinition } from "./definitions.ts";
import { definitionId, invalidDefinition } from "./save-definition.ts";

export interface SubscriptionPreview {
  /** Files of the time that the changed subscription would have been given, newest first. */
  readonly delivered: readonly LedgerEntry[];
  /** Files that the stored subscription would have been given, and the changed one not. */
  readonly noMore: readonly LedgerEntry[];
  /** Files that were looked at. */
  readonly files: number;
  /** Older files were not looked at. */
  readonly isCut: boolean;
  /** Number of the first file by file type, if the change is saved now. */
  readonly starts: Readonly<Record<string, number>>;
}

type PreviewPorts = Pick<Ports, "definitions" | "subscriptions" | "topic" | "ledger" | "clock"> & {
  readonly connections: Connections;
};

/** Files of each type that are looked at, the newest ones. */
const MAX_FILES = 1_000;
/** Files in each list of the answer. */
const MAX_LISTED = 100;

/**
 * Tells which files of the last days a changed subscription would have been given, and which no more. Nothing is
 * saved. The start is left out of it: it decides about files to come.
 *
 * @throws AppError `definition-invalid`
 */
export async function previewSubscription(
  ports: PreviewPorts,
  input: { id: string; body: unknown; days: number },
): Promise<SubscriptionPreview> {
  const id = definitionId("subscriptions", input.id);
  const parsed = ports.definitions.schemas.kinds.subscriptions.safeParse(input.body);
  if (!parsed.success) {
    throw invalidDefinition("subscriptions", fieldProblems(parsed.error));
  }
  const body: SubscriptionDefinition = parsed.data;
  const problems = await definitionProblems(ports, { kind: "subscriptions", id, body });
  if (problems.length > 0) {
    throw invalidDefinition("subscriptions", problems);
  }
  const before = await ports.definitions.findAny("subscriptions", id);
  const stored = before === null || "unreadable" in before ? null : before.body;
  const since = new Date(ports.clock.now().getTime() - input.days * DAY_MS);
  const patterns = [...body.fileTypes, ...(stored?.fileTypes ?? [])];
  const { entries, isCut } = await recentEntries(ports, patterns, since);
  const wants = matcherOf(body);
  const wanted = stored === null ? () => false : matcherOf(stored);
  const { starts } = await decideStart(ports, before, { id, body });
  return {
    delivered: entries.filter(wants).slice(0, MAX_LISTED),
    noMore: entries.filter((entry) => wanted(entry) && !wants(entry)).slice(0, MAX_LISTED),
    files: entries.length,
    isCut,
    starts,
  };
}

/** Newest first. */
async function recentEntries(
  { ledger }: Pick<Ports, "ledger">,
  patterns: readonly string[],
  since: Date,
): Promise<{ entries: LedgerEntry[]; isCut: boolean }> {
  const entries: LedgerEntry[] = [];
  let isCut = false;
  for (const fileType of await ledger.fileTypes()) {
    if (patterns.some((pattern) => isOfPattern(fileType, pattern))) {
      const last = await ledger.lastNumber(fileType);
      const from = Math.max(1, last - MAX_FILES + 1);
      const newest = await ledger.listFrom(fileType, from, MAX_FILES);
      const recent = newest.filter(({ publishedAt }) => publishedAt >= since);
      isCut ||= from > 1 && recent.length === newest.length;
      entries.push(...recent);
    }
  }
  entries.sort((a, b) => b.publishedAt.getTime() - a.publishedAt.getTime());
  return { entries, isCut };
}
