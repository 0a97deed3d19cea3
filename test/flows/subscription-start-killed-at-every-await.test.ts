import { expect, test } from "vitest";
import { ConnectorDefinition } from "../../src/domain/definitions/definitions.ts";
import { saveDefinition } from "../../src/domain/definitions/save-definition.ts";
import { settleStarts } from "../../src/domain/deliveries/decide-start.ts";
import { fanOut } from "../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../src/domain/deliveries/settle-owed.ts";
import { fileAvailableMessage } from "../../src/domain/ledger/announce-entries.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { CONNECTOR_ID, connectorBody, subscriptionBody } from "../support/definition-bodies.ts";
import { Killed, mortal } from "../support/kill.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { manualClock } from "../support/manual-clock.ts";
import { storagePorts } from "../support/storage-ports.ts";
import { anEntryDraft, savedAt } from "../support/stored-things.ts";

const TYPE = "Shop.ItemChanges";
const START = 2;

interface End {
  /** Numbers of published files, from the start, that were not delivered. */
  readonly missing: readonly number[];
  readonly earlier: readonly number[];
  readonly owed: number;
}
const WHOLE: End = { missing: [], earlier: [], owed: 0 };

/**
 * Three files, then a subscription that begins with the second; a file is published while it is saved, and one
 * afterwards. Its operator repeats the request until it is answered, and the tick comes at the end.
 */
async function live(
  killAt: number | null,
  sabotage: (ports: Ports) => Ports = (ports) => ports,
): Promise<{ end: End; points: number }> {
  const clock = manualClock("2026-03-01T10:00:00Z");
  const storage = await storagePorts("memory");
  const connections = { get: () => ({ kind: "postgres", connectionString: "" }) };
  const lasting = sabotage({
    ...storage,
    clock,
    log: () => undefined,
    connections,
    announcements: { send: async () => undefined },
    runQueue: { send: async () => undefined },
  } as unknown as Ports);
  const publish = async (): Promise<void> => {
    const draft = anEntryDraft({ fileType: TYPE, publishedAt: clock.now() });
    const entry = await storage.ledger.append(draft);
    await fanOut(lasting, fileAvailableMessage(entry).body);
  };
  const connector = ConnectorDefinition.parse(connectorBody());
  const at = savedAt(clock.now());
  await storage.definitions.put("connectors", { id: CONNECTOR_ID, body: connector, ...at }, null);
  for (let file = 1; file <= 3; file++) {
    await publish();
  }
  const { ports, killer } = mortal(publishingMeanwhile(lasting, publish), killAt);
  const request = { kind: "subscriptions", id: "partner", condition: "*" } as const;
  const body = subscriptionBody({ start: START });
  const save = async (process: Ports): Promise<void> => {
    await saveDefinition(process, { ...request, body, applicationId: "operator" });
    await settleStarts(process);
  };
  await save(ports).catch(async (error: unknown) => {
    if (!(error instanceof Killed)) {
      throw error;
    }
    await saveDefinition(lasting, { ...request, body, applicationId: "operator" });
  });
  await publish();
  await settleOwed(lasting);
  const { items } = await storage.deliveries.list(CONNECTOR_ID, { limit: 100, after: null });
  const delivered = items.map(({ file }) => file.sequence);
  const last = await storage.ledger.lastNumber(TYPE);
  const numbers = Array.from({ length: last }, (_, index) => index + 1);
  const missing = numbers.filter((each) => each >= START && !delivered.includes(each));
  const earlier = delivered.filter((each) => each < START);
  const owed = (await storage.subscriptions.owedStarts()).length;
  return { end: { missing, earlier, owed }, points: killer.points };
}

/** The first save meets a file that is published between its decision and its transaction. */
function publishingMeanwhile(ports: Ports, publish: () => Promise<void>): Ports {
  let isFirst = true;
  const put: Ports["definitions"]["put"] = async (kind, definition, condition) => {
    if (isFirst) {
      isFirst = false;
      await publish();
    }
    return ports.definitions.put(kind, definition, condition);
  };
  return { ...ports, definitions: { ...ports.definitions, put } };
}

test("a subscription gets every file from its start, wherever the process that saves it dies (C33)", async () => {
  const { end, points } = await live(null);
  expect(end).toEqual(WHOLE);

  for await (const killed of killedAtEach(points, async (killAt) => (await live(killAt)).end)) {
    expect(killed).toEqual({ killAt: killed.killAt, end: WHOLE });
  }
});

test.each<[string, (ports: Ports) => Ports]>([
  [
    "the debt is not stored with the definition",
    (ports) => ({
      ...ports,
      definitions: {
        ...ports.definitions,
        put: (kind, { start, ...definition }, condition) =>
          ports.definitions.put(
            kind,
            start === undefined
              ? (definition as never)
              : ({ ...definition, start: { ...start, owed: { from: {}, families: [] } } } as never),
            condition,
          ),
      },
    }),
  ],
  [
    "the debt ends before the ledger has its notes",
    (ports) => ({
      ...ports,
      subscriptions: {
        ...ports.subscriptions,
        owedStarts: async () => {
          const owed = await ports.subscriptions.owedStarts();
          await Promise.all(owed.map((each) => ports.subscriptions.endOwedStart(each)));
          return owed;
        },
      },
    }),
  ],
])("the safeguard is missed when %s", async (_, sabotage) => {
  const { points } = await live(null);

  expect(
    await endsOtherwise(WHOLE, points, async (killAt) => (await live(killAt, sabotage)).end),
  ).toBe(true);
});
