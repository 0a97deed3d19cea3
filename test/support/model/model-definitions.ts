import type { DefinitionKind } from "../../../src/domain/definitions/definitions.ts";
import { deleteDefinition } from "../../../src/domain/definitions/delete-definition.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import { isAppError } from "../../../src/domain/errors.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { anyProcess, LEASE_SECONDS, type Partner } from "./model-life.ts";
import { APPLICATION_ID, type ModelWorld, type SourceName } from "./model-world.ts";
import type { Process } from "./simulation.ts";

export const PARTNERS: readonly Pick<Partner, "connectorId" | "ordered">[] = [
  { connectorId: "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91", ordered: false },
  { connectorId: "7e42f1a0-135a-4a1b-8e7d-201f4d6c8ba2", ordered: true },
];

export const RETENTION_DAYS = 30;
/** Its container is the one that error files of imports are in. */
export const RESERVED_TYPE = "Import.Errors";

export interface ExportFacts {
  readonly fileType: string;
  readonly minutes: number;
}

/** The operator's wishes; they change when the operator changes them. */
export interface Intent {
  readonly exports: Map<string, ExportIntent>;
  readonly subscriptions: Map<string, SubscriptionIntent>;
  /** Ends when the operator has done what was asked for so far: one thing after the other. */
  doing: Promise<void>;
}

export interface ExportIntent {
  readonly source: SourceName;
  facts: ExportFacts;
  exists: boolean;
  /** When it was deleted and made again last; both 0 when never. Runs that were claimed between may be of either. */
  deletedAtMs: number;
  recreatedAtMs: number;
}

export interface SubscriptionIntent {
  readonly connectorId: string;
  readonly fileTypes: readonly string[];
  readonly filter?: string;
  /** Entries that were there when it was made again: it may have them or not. By file type, the last number. */
  optional: ReadonlyMap<string, number>;
}

const FIRST = { exists: true, deletedAtMs: 0, recreatedAtMs: 0 };

export function firstIntent(): Intent {
  const anExport = (source: SourceName, fileType: string): ExportIntent => ({
    source,
    facts: { fileType, minutes: 1 },
    ...FIRST,
  });
  const all = ["Model.Items", "Model.Prices", "Model.ItemsRenamed", "Model.PricesRenamed"];
  const [first, second] = PARTNERS.map(({ connectorId }) => connectorId);
  const optional = new Map();
  return {
    doing: Promise.resolve(),
    exports: new Map([
      ["items", anExport("items", "Model.Items")],
      ["prices", anExport("prices", "Model.Prices")],
    ]),
    subscriptions: new Map<string, SubscriptionIntent>([
      ["everything", { connectorId: first ?? "", fileTypes: all, optional }],
      [
        "items-in-order",
        { connectorId: second ?? "", fileTypes: ["Model.Items"], filter: "records gt 0", optional },
      ],
    ]),
  };
}

/** The other of the two names that an export's files may have. */
export function renamed(fileType: string): string {
  return fileType.endsWith(RENAMED) ? fileType.slice(0, -RENAMED.length) : fileType + RENAMED;
}

const RENAMED = "Renamed";

export function exportBody(source: SourceName, { fileType, minutes }: ExportFacts): object {
  return {
    fileType,
    entities: [
      { name: "Things", source: { kind: "postgres", connection: "db", table: `public.${source}` } },
    ],
    format: { kind: "jsonl" },
    compression: "none",
    schedule: { every: { minutes }, lateAfterSeconds: 600 },
    retentionDays: RETENTION_DAYS,
  };
}

export function subscriptionBody({ connectorId, fileTypes, filter }: SubscriptionIntent): object {
  return {
    fileTypes,
    ...(filter === undefined ? {} : { filter }),
    via: { kind: "connector", connectorId },
  };
}

/** Stores what there is from the beginning. @param reserved with an export whose file type is refused, or should be */
export async function defineAll(ports: Ports, intent: Intent, reserved: boolean): Promise<void> {
  for (const { connectorId, ordered } of PARTNERS) {
    const applications = [APPLICATION_ID];
    const door = {
      name: "Partner",
      direction: "export",
      applications,
      leaseSeconds: LEASE_SECONDS,
    };
    await save(ports, ["connectors", connectorId], { ...door, ordered });
  }
  for (const [id, { source, facts }] of intent.exports) {
    await save(ports, ["exports", id], exportBody(source, facts));
  }
  for (const [id, subscription] of intent.subscriptions) {
    await save(ports, ["subscriptions", id], subscriptionBody(subscription));
  }
  const facts: ExportFacts = { fileType: RESERVED_TYPE, minutes: 1 };
  if (
    reserved &&
    (await isTaken(save(ports, ["exports", "errors"], exportBody("errors", facts))))
  ) {
    intent.exports.set("errors", { source: "errors", facts, ...FIRST });
  }
}

async function isTaken(saving: Promise<unknown>): Promise<boolean> {
  try {
    await saving;
    return true;
  } catch (error) {
    if (isAppError(error, "definition-invalid")) {
      return false;
    }
    throw error;
  }
}

async function save(
  ports: Ports,
  [kind, id]: readonly [DefinitionKind, string],
  body: object,
): Promise<void> {
  await saveDefinition(ports, { kind, id, body, condition: "*", applicationId: "operator" });
}

async function remove(ports: Ports, [kind, id]: readonly [DefinitionKind, string]): Promise<void> {
  await deleteDefinition(ports, { kind, id, condition: "*", applicationId: "operator" });
}

/** An operator, who repeats what failed until it is done. */
export async function operate(
  world: ModelWorld,
  act: (ports: Ports) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    const process = anyProcess(world);
    if (process !== null) {
      const answer = isDone(act(world.portsOf(process)));
      if (await Promise.race([answer, noAnswer(world, process)])) {
        return;
      }
    }
    await new Promise<void>((resolve) => world.sim.at(world.sim.nowMs + 3_000, resolve));
  }
}

/** The connection to a process that dies breaks. */
function noAnswer({ sim }: ModelWorld, process: Process): Promise<false> {
  return new Promise((resolve) => {
    const look = () => {
      if (process.isAlive) {
        sim.at(sim.nowMs + NOTICED_MS, look);
      } else {
        resolve(false);
      }
    };
    look();
  });
}

const NOTICED_MS = 5_000;

async function isDone(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    // gone already: the answer of an earlier try was lost
    return isAppError(error, "definition-not-found");
  }
}

/** Two at one definition at the same time would not know whose change is the last. */
export function inTurn(intent: Intent, act: () => Promise<void>): void {
  intent.doing = intent.doing.then(act);
}

export async function changeExport(
  world: ModelWorld,
  intent: Intent,
  change: { id: string; facts: Partial<ExportFacts> },
): Promise<void> {
  const wanted = intent.exports.get(change.id);
  if (wanted?.exists === true) {
    wanted.facts = { ...wanted.facts, ...change.facts };
    const body = exportBody(wanted.source, wanted.facts);
    await operate(world, (ports) => save(ports, ["exports", change.id], body));
  }
}

/** @param facts differences of the new definition; null: it stays away */
export async function recreateExport(
  world: ModelWorld,
  intent: Intent,
  change: { id: string; facts: Partial<ExportFacts> | null },
): Promise<void> {
  const { id, facts } = change;
  const wanted = intent.exports.get(id);
  if (wanted === undefined) {
    return;
  }
  wanted.exists = false;
  wanted.deletedAtMs = world.sim.nowMs;
  await operate(world, (ports) => remove(ports, ["exports", id]));
  if (facts !== null) {
    wanted.facts = { ...wanted.facts, ...facts };
    const body = exportBody(wanted.source, wanted.facts);
    await operate(world, (ports) => save(ports, ["exports", id], body));
    wanted.exists = true;
    wanted.recreatedAtMs = world.sim.nowMs;
  }
}

export async function recreateSubscription(
  world: ModelWorld,
  intent: Intent,
  id: string,
): Promise<void> {
  const wanted = intent.subscriptions.get(id);
  if (wanted === undefined) {
    return;
  }
  await operate(world, (ports) => remove(ports, ["subscriptions", id]));
  await operate(world, (ports) => save(ports, ["subscriptions", id], subscriptionBody(wanted)));
  wanted.optional = await lastNumbers(world.observer);
}

async function lastNumbers(ports: Ports): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>();
  for (const fileType of await ports.ledger.fileTypes()) {
    const { items } = await ports.ledger.list(fileType, { limit: 1_000, after: null });
    last.set(fileType, items.length);
  }
  return last;
}

const STAMP = "~~stamp";
const NEWER = '"ofANewerVersion":true,';

/** Makes a definition look as if a newer version stored it, so that this one cannot read it; and back again. */
export function makeUnreadable({ tables }: ModelWorld, kind: DefinitionKind, id: string): void {
  rewrite({ tables }, { kind, id }, (json) => {
    return json.includes(NEWER) ? json : json.replace('"body":{', `"body":{${NEWER}`);
  });
}

export function makeReadable({ tables }: ModelWorld, kind: DefinitionKind, id: string): void {
  rewrite({ tables }, { kind, id }, (json) => json.replace(NEWER, ""));
}

function rewrite(
  { tables }: Pick<ModelWorld, "tables">,
  { kind, id }: { kind: DefinitionKind; id: string },
  change: (json: string) => string,
): void {
  const rows = tables.definitions.partitions.get(kind)?.rows;
  const row = rows?.get(id);
  if (rows !== undefined && row !== undefined) {
    // the ETag is that of another write
    const etag = `${row.etag.slice(0, -2)}r'"`;
    rows.set(id, { ...row, json0: change(String(row.json0)), etag });
    // every version renews the stamp of the subscriptions with each of their changes
    const stamp = kind === "subscriptions" ? rows.get(STAMP) : undefined;
    if (stamp !== undefined) {
      rows.set(STAMP, { ...stamp, writeId: `${stamp.writeId}r` });
    }
  }
}
