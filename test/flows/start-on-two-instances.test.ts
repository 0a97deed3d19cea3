import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { saveDefinition } from "../../src/domain/definitions/save-definition.ts";
import { settleStarts } from "../../src/domain/deliveries/decide-start.ts";
import { fanOut } from "../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../src/domain/deliveries/settle-owed.ts";
import { fileAvailableEvent } from "../../src/domain/ledger/file-available.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { CONNECTOR_ID, connectorBody, subscriptionBody } from "../support/definition-bodies.ts";
import { anEntryDraft } from "../support/stored-things.ts";
import { define, EVERYTHING, makeWorld } from "../support/world/world.ts";

const TYPE = "Shop.ItemChanges";
const FILES = 6;
const TURNS = 60;

/** Another process on the same store: what the first one remembers of subscriptions is not known to it. */
function anotherInstance(ports: Ports): Ports {
  return { ...ports, definitions: { ...ports.definitions } };
}

async function publish(ports: Ports): Promise<void> {
  const draft = anEntryDraft({ fileType: TYPE, publishedAt: ports.clock.now() });
  const entry = await ports.ledger.append(draft);
  await fanOut(ports, fileAvailableEvent(entry));
}

async function save(ports: Ports, afterTurns: number): Promise<void> {
  for (let turn = 0; turn < afterTurns; turn++) {
    await setImmediate();
  }
  const body = subscriptionBody({ fileTypes: [TYPE] });
  const request = { kind: "subscriptions", id: "new", condition: "*", applicationId: "o" } as const;
  await saveDefinition(ports, { ...request, body });
  await settleStarts(ports);
}

test("a subscription that one instance creates while another publishes gets the files from its start number on, whatever the moment", async () => {
  const starts = new Set<number>();
  for (let turns = 0; turns < TURNS; turns++) {
    const { ports, clock } = await makeWorld();
    const publisher = anotherInstance(ports);
    await define(ports, { kind: "connectors", id: CONNECTOR_ID, body: connectorBody() });
    // the publisher knows the subscriptions of before
    await publish(publisher);
    const saving = save(ports, turns);
    for (let file = 1; file < FILES; file++) {
      await publish(publisher);
    }
    await saving;
    clock.advance(60_000);
    await settleOwed(publisher);

    const start = (await ports.subscriptions.starts("new"))[TYPE] ?? 0;
    const { items } = await ports.deliveries.list(CONNECTOR_ID, EVERYTHING);
    const got = items.map(({ file }) => file.sequence).sort((a, b) => a - b);
    const last = await ports.ledger.lastNumber(TYPE);
    const wanted = Array.from({ length: last - start + 1 }, (_, index) => start + index);
    expect([turns, got]).toEqual([turns, wanted]);
    starts.add(start);
  }
  expect(starts.size).toBeGreaterThan(3);
});
