import type { TableClient, TransactionAction } from "@azure/data-tables";
import { expect, test } from "vitest";
import type { DefinitionKind } from "../../src/domain/definitions/definitions.ts";
import { deleteDefinition } from "../../src/domain/definitions/delete-definition.ts";
import { saveDefinition } from "../../src/domain/definitions/save-definition.ts";
import { isAppError } from "../../src/domain/errors.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { connectorBody } from "../support/definition-bodies.ts";
import { Killed } from "../support/kill.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { manualClock } from "../support/manual-clock.ts";
import { memoryTable } from "../support/memory-table.ts";
import { emptyTable, type TableRows } from "../support/memory-table-rows.ts";

const KIND = "connectors" satisfies DefinitionKind;
const ID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const NOBODY_ELSE = { kind: KIND, id: ID, condition: "*", applicationId: "operator" } as const;

type Sabotage = (table: TableClient) => TableClient;

/** An operator's day: each step is repeated until it is answered, as one who meets a dead process does. */
const DAY: readonly ((ports: Ports) => Promise<unknown>)[] = [
  (ports) => saveDefinition(ports, { ...NOBODY_ELSE, body: connectorBody() }),
  (ports) => saveDefinition(ports, { ...NOBODY_ELSE, body: connectorBody({ name: "Second" }) }),
  (ports) => deleteDefinition(ports, NOBODY_ELSE),
  (ports) => saveDefinition(ports, { ...NOBODY_ELSE, body: connectorBody({ name: "Third" }) }),
];

interface End {
  readonly history: readonly string[];
  readonly definition: unknown;
  /** Moments at which the definition was another one than its history told. */
  readonly torn: readonly string[];
}

/** Lives the day on one table. The process dies at one of its requests, before it has an effect or after. */
async function live(
  killAt: number | null,
  sabotage: Sabotage = (table) => table,
): Promise<{ end: End; points: number }> {
  const rows = emptyTable();
  const torn: string[] = [];
  let points = 0;
  const pass = async () => {
    points++;
    torn.push(...(await tornApart(rows)));
    if (points === killAt) {
      throw new Killed();
    }
  };
  const table = memoryTable(rows, async (_, effect) => {
    await pass();
    const answer = effect();
    await pass();
    return answer;
  });
  const ports = portsOn(sabotage(table));
  for (const step of DAY) {
    await untilAnswered(() => step(ports));
  }
  const definitions = tableDefinitions(memoryTable(rows), DEFINITION_SCHEMAS);
  const changes = await definitions.history(KIND, ID, { before: null, limit: 100 });
  const end = {
    history: changes.map(({ version, action }) => `${version} ${action}`),
    definition: (await definitions.find(KIND, ID))?.body,
    torn,
  };
  return { end, points };
}

function portsOn(table: TableClient): Ports {
  return {
    definitions: tableDefinitions(table, DEFINITION_SCHEMAS),
    submissions: { owed: async () => [] },
    clock: manualClock("2026-03-01T10:00:00Z"),
    ids: { guid: () => "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11" },
  } as unknown as Ports;
}

async function untilAnswered(step: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await step();
      return;
    } catch (error) {
      if (isAppError(error, "definition-not-found")) {
        // deleted by the request whose answer did not come
        return;
      }
      if (!(error instanceof Killed)) {
        throw error;
      }
    }
  }
}

/** The newest change tells of the definition as it is, at whatever moment somebody looks. */
async function tornApart(rows: TableRows): Promise<string[]> {
  const definitions = tableDefinitions(memoryTable(rows), DEFINITION_SCHEMAS);
  const [newest] = await definitions.history(KIND, ID, { before: null, limit: 1 });
  const definition = await definitions.find(KIND, ID);
  const isGone = newest === undefined || newest.action === "deleted";
  const isTold = isGone
    ? definition === null
    : newest.version === definition?.version &&
      JSON.stringify(newest.body) === JSON.stringify(definition.body);
  return isTold ? [] : [`${newest?.version} ${newest?.action}, ${definition?.version}`];
}

test("a process killed at any request of a save or a deletion leaves no change without its history, and no history without its change (C27)", async () => {
  const { end: expected, points } = await live(null);
  expect(expected).toEqual({
    history: ["4 created", "3 deleted", "2 replaced", "1 created"],
    definition: expect.objectContaining({ name: "Third" }),
    torn: [],
  });
  expect(points).toBeGreaterThan(20);

  for await (const { killAt, end } of killedAtEach(points, async (at) => (await live(at)).end)) {
    expect(end, `killed at ${killAt}`).toEqual(expected);
  }
});

function committing(
  table: TableClient,
  commit: (actions: TransactionAction[]) => Promise<unknown>,
): TableClient {
  return Object.create(table, { submitTransaction: { value: commit } });
}

/** Each takes something away that keeps change and history together. */
const SABOTAGE: Readonly<Record<string, Sabotage>> = {
  "that change and history are one transaction": (table) =>
    committing(table, async (actions) => {
      for (const action of actions) {
        await table.submitTransaction([action]);
      }
    }),
  "the history": (table) =>
    committing(table, (actions) => table.submitTransaction(actions.slice(0, -1))),
  "that the history says what was deleted": (table) =>
    committing(table, (actions) =>
      table.submitTransaction(actions[0]?.[0] === "delete" ? actions.slice(0, -1) : actions),
    ),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices when it is missing: %s",
  async (_, sabotage) => {
    const { end: expected, points } = await live(null);

    const ends = async (killAt: number | null) => (await live(killAt, sabotage)).end;

    expect(await endsOtherwise(expected, points, ends)).toBe(true);
  },
);
