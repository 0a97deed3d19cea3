import { containerOf } from "../../../src/domain/ids.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { all } from "../stored-things.ts";
import type { ExportIntent, Intent, SubscriptionIntent } from "./model-definitions.ts";
import type { Partner } from "./model-life.ts";
import type { ModelWorld } from "./model-world.ts";

/** A healed world, and the expected results. */
export interface Lived {
  readonly world: ModelWorld;
  readonly intent: Intent;
  readonly partners: readonly Partner[];
  /** Since when all is well; what is older must have come to its end. */
  readonly healedMs: number;
  /** Whether a worker that died, or could not note its failure, had left a run behind by then. */
  readonly hasLeftRun: boolean;
}

export type ModelPromise =
  | "numbers without gaps"
  | "every row is published"
  | "no row is published twice"
  | "every number reaches every subscription"
  | "no number is delivered twice"
  | "nothing stays owed"
  | "no run stays unfinished"
  | "every dead letter is explained"
  | "no file is deleted early"
  | "no file stays that nothing knows";

export interface Violation {
  readonly promise: ModelPromise;
  readonly detail: string;
}

const EVERYTHING = { limit: 1_000, after: null };

/** Everything that is not as promised, but for rows that are not published. */
export async function violations(lived: Lived): Promise<readonly Violation[]> {
  const entries = await entriesOf(lived.world.observer);
  return [
    ...gaps(entries),
    ...doubled(lived, entries),
    ...(await deliveries(lived, entries)),
    ...(await owed(lived)),
    ...deadLetters(lived.world),
  ];
}

type Entries = ReadonlyMap<string, readonly LedgerEntry[]>;

async function entriesOf(ports: Ports): Promise<Entries> {
  const entries = new Map<string, readonly LedgerEntry[]>();
  for (const fileType of await ports.ledger.fileTypes()) {
    entries.set(fileType, (await ports.ledger.list(fileType, EVERYTHING)).items);
  }
  return entries;
}

function gaps(entries: Entries): Violation[] {
  return [...entries].flatMap(([fileType, list]): Violation[] => {
    const numbers = list.map(({ sequence }) => sequence);
    return numbers.every((number, index) => number === index + 1)
      ? []
      : [{ promise: "numbers without gaps", detail: `${fileType}: ${numbers.join(" ")}` }];
  });
}

/** Rows that were there when the world had healed, and that no file has. */
export async function unpublishedRows(lived: Lived): Promise<readonly Violation[]> {
  const entries = await entriesOf(lived.world.observer);
  return [...lived.intent.exports].flatMap(([id, intent]) =>
    missingRows(lived, entries, { id, intent }),
  );
}

function doubled(lived: Lived, entries: Entries): Violation[] {
  return [...lived.intent.exports].flatMap(([id, intent]) =>
    doubledRows(lived, entries, { id, intent }),
  );
}

interface Named {
  readonly id: string;
  readonly intent: ExportIntent;
}

/** The files of an export, since it was made again, hold every row that its source had when the world had healed. */
function missingRows({ world, healedMs }: Lived, entries: Entries, named: Named): Violation[] {
  const { id, intent } = named;
  if (!intent.exists) {
    return [];
  }
  const published = new Set(
    publishedBy(entries, named)
      .filter((entry) => claimedAt(world, entry) >= intent.deletedAtMs)
      .flatMap((entry) => rowsIn(world, entry)),
  );
  const missing = world.sources[intent.source].rows
    .map((atMs, index) => ({ atMs, row: `r${index + 1}` }))
    .filter(({ atMs, row }) => atMs <= healedMs && !published.has(row))
    .map(({ row }) => row);
  return broken(
    "every row is published",
    missing.map((row) => `${id} ${row}`),
  );
}

/** Repeated rows in a file that is neither the first of a new export, nor gives a reason for being full. */
function doubledRows({ world }: Lived, entries: Entries, named: Named): Violation[] {
  const { id, intent } = named;
  const seen = new Map<string, LedgerEntry>();
  const doubled: string[] = [];
  for (const entry of publishedBy(entries, named)) {
    for (const row of rowsIn(world, entry)) {
      const before = seen.get(`${entry.fileType} ${row}`);
      const isOneLife =
        before !== undefined && lifeOf(world, intent, before) === lifeOf(world, intent, entry);
      if (isOneLife && entry.fullBecause === null && lifeOf(world, intent, entry) !== "either") {
        doubled.push(`${id} ${row} in ${before.sequence} and ${entry.sequence}`);
      }
      seen.set(`${entry.fileType} ${row}`, entry);
    }
  }
  return broken("no row is published twice", doubled);
}

function lifeOf(
  world: ModelWorld,
  { deletedAtMs, recreatedAtMs }: ExportIntent,
  entry: LedgerEntry,
): "first" | "either" | "last" {
  const atMs = claimedAt(world, entry);
  if (atMs > recreatedAtMs && recreatedAtMs >= deletedAtMs) {
    return "last";
  }
  // it may have been made again several times
  return deletedAtMs === 0 ? "first" : "either";
}

function claimedAt({ claimedAtMs }: ModelWorld, { correlationId }: LedgerEntry): number {
  return claimedAtMs.get(correlationId) ?? Number.POSITIVE_INFINITY;
}

/** An export's files hold rows of its own source only, and nobody else's file types. */
function publishedBy(entries: Entries, { intent }: Named): LedgerEntry[] {
  const { fileType } = intent.facts;
  const base = fileType.replace(/Renamed$/, "");
  return [...entries].flatMap(([type, list]) =>
    type === base || type === `${base}Renamed` ? list : [],
  );
}

const rowsOfFiles = new WeakMap<Buffer, readonly string[]>();

function rowsIn({ files }: ModelWorld, { path }: LedgerEntry): readonly string[] {
  const bytes = files.get(`${path.container}/${path.name}`)?.bytes;
  if (bytes === undefined) {
    return [];
  }
  let rows = rowsOfFiles.get(bytes);
  if (rows === undefined) {
    rows = [...bytes.toString("utf8").matchAll(/"id":"(r\d+)"/g)].map(([, row]) => row ?? "");
    rowsOfFiles.set(bytes, rows);
  }
  return rows;
}

async function deliveries(lived: Lived, entries: Entries): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const [id, subscription] of lived.intent.subscriptions) {
    found.push(...(await deliveriesTo(lived, entries, { id, subscription })));
  }
  const again = lived.partners.flatMap((partner) => partner.again);
  return [
    ...found,
    ...broken(
      "no number is delivered twice",
      again.map((name) => `${name} handed out after its acknowledgement`),
    ),
  ];
}

async function deliveriesTo(
  { world, healedMs }: Lived,
  entries: Entries,
  { id, subscription }: { id: string; subscription: SubscriptionIntent },
): Promise<Violation[]> {
  const { items } = await world.observer.deliveries.list(subscription.connectorId, EVERYTHING);
  const times = new Map<string, number>();
  for (const { file } of items) {
    const name = `${file.fileType} ${file.sequence}`;
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  const wanted = [...entries.values()].flat().filter((entry) => {
    const isOptional = entry.sequence <= (subscription.optional.get(entry.fileType) ?? 0);
    const isOld = entry.publishedAt.getTime() <= healedMs;
    return subscription.fileTypes.includes(entry.fileType) && isOld && !isOptional;
  });
  const missing = wanted.map(({ fileType, sequence }) => `${fileType} ${sequence}`);
  const lost = missing.filter((name) => !times.has(name));
  const doubled = [...times].filter(([, count]) => count > 1).map(([name]) => name);
  return [
    ...broken(
      "every number reaches every subscription",
      lost.map((name) => `${id}: ${name}`),
    ),
    ...broken(
      "no number is delivered twice",
      doubled.map((name) => `${id}: ${name}`),
    ),
  ];
}

async function owed(lived: Lived): Promise<Violation[]> {
  return [...(await owedFiles(lived)), ...(await owedRuns(lived))];
}

async function owedFiles({ world, healedMs }: Lived): Promise<Violation[]> {
  const { ledger } = world.observer;
  const found: string[] = [];
  for (const fileType of await ledger.fileTypes()) {
    const isOld = ({ publishedAt }: LedgerEntry) => publishedAt.getTime() <= healedMs;
    const unannounced = (await all(ledger.unannounced(fileType))).filter(isOld);
    const unsent = (await all(ledger.notFannedOut(fileType))).filter(isOld);
    if (!world.unlabelled.has(fileType)) {
      found.push(...unannounced.map(({ sequence }) => `${fileType} ${sequence} unannounced`));
    }
    found.push(...unsent.map(({ sequence }) => `${fileType} ${sequence} not fanned out`));
    const behind = await ledger.behind(fileType);
    found.push(...behind.map(({ subscriptionId }) => `${fileType} to ${subscriptionId}`));
  }
  return broken("nothing stays owed", found);
}

async function owedRuns({ world, intent, healedMs }: Lived): Promise<Violation[]> {
  const found: string[] = [];
  for (const [id, { exists }] of intent.exports) {
    const { active } = await world.observer.runs.current(id);
    const old = active.filter(
      ({ runId }) => (world.claimedAtMs.get(runId) ?? 0) <= healedMs && exists,
    );
    found.push(...old.map(({ runId, state }) => `${id}: ${runId} ${state}`));
  }
  return broken("no run stays unfinished", found);
}

function broken(promise: ModelPromise, found: readonly string[]): Violation[] {
  return found.length === 0 ? [] : [{ promise, detail: found.join(", ") }];
}

function deadLetters({ deadLetters: dead, log }: ModelWorld): Violation[] {
  const explained = new Set(
    log.filter(({ event }) => event === "dead-letter").map(({ facts }) => facts.messageId),
  );
  const silent = dead.filter((messageId) => !explained.has(messageId));
  return broken("every dead letter is explained", silent);
}

/** Published files that are gone although their time has not come. */
export async function lostFiles({ world }: Lived): Promise<readonly Violation[]> {
  const entries = [...(await entriesOf(world.observer)).values()].flat();
  const gone = entries.filter(({ path }) => !world.files.has(`${path.container}/${path.name}`));
  return broken(
    "no file is deleted early",
    gone.map(({ fileType, sequence }) => `${fileType} ${sequence}`),
  );
}

/** Files without an entry that no sweep took. */
export async function strayFiles({ world }: Lived): Promise<readonly Violation[]> {
  const entries = await entriesOf(world.observer);
  const known = new Set(
    [...entries.values()].flat().map(({ path }) => `${path.container}/${path.name}`),
  );
  const types = new Set([...entries.keys()].map(containerOf));
  const strays = [...world.files.keys()].filter(
    (name) => !known.has(name) && types.has(name.split("/")[0] ?? ""),
  );
  return broken("no file stays that nothing knows", strays);
}
