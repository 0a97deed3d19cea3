import { beforeEach, expect, test } from "vitest";
import { requestRun } from "../../src/domain/exports/request-run.ts";
import { runExport } from "../../src/domain/exports/run-export.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { openSource } from "../../src/systems/index.ts";
import { useAzurite } from "../support/azurite.ts";
import { EXPORT_ID, type Exporter, exporter } from "../support/world/exporter.ts";
import { makeWorld } from "../support/world/world.ts";
import { type Container, makeContainer } from "../systems/blob/container.ts";
import { connectionsOf } from "../systems/connections-of.ts";

const azurite = useAzurite();
let container: Container;
let world: Exporter;
let connection: { kind: "blob"; connectionString: string };

beforeEach(async () => {
  const { connectionString } = azurite;
  container = await makeContainer(connectionString);
  connection = { kind: "blob", connectionString };
  const connections = connectionsOf(connection);
  const change = (): Partial<Ports> => ({
    connections,
    openSource: (definition) => openSource(definition, connections),
  });
  world = exporter(await makeWorld({ storage: { connectionString }, change }));
  await world.define({
    entities: [
      {
        name: "Items",
        source: {
          kind: "blob",
          connection: "files",
          container: container.name,
          prefix: "in/",
          format: { kind: "csv", delimiter: ";" },
          columns: [
            { name: "item", type: "integer" },
            { name: "price", type: "decimal", numbers: { decimal: "," } },
          ],
          incremental: { by: "none" },
        },
        filter: "price gt 1",
      },
    ],
  });
});

async function run(): Promise<void> {
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();
}

test("files that others leave in a container become one published file", async () => {
  await container.put("in/1.csv", "item;price\n1;1,50\n2;0,75\n");
  await container.put("in/2.csv", "item;price\n3;2,00\n");

  await run();

  const [entry] = await world.ledger();
  expect((await world.runs()).map(({ state }) => state)).toEqual(["succeeded"]);
  expect(entry?.records).toBe(2);
  expect(entry && (await world.content(entry))).toBe(
    '{"item":1,"price":1.50}\n{"item":3,"price":2.00}\n',
  );
});

test("a row that cannot be read ends the run with nothing published, and partners hear no names of the inside", async () => {
  await container.put("in/1.csv", "item;price\n1;1,50\n");
  await container.put("in/2.csv", "item;price\n2;2.00\n");

  await run();

  const [failed] = await world.runs();
  expect(await world.ledger()).toEqual([]);
  expect(failed).toMatchObject({
    state: "failed",
    failure: {
      code: "conversion-failed",
      message: expect.stringContaining(
        `Cannot read file "in/2.csv" of container "${container.name}": row 1, field "price": "2.00" is not a valid decimal`,
      ),
    },
  });
  expect(failed?.failure?.partnerMessage).not.toMatch(/in\/2|container/);
});

test("a container that is not there ends the run", async () => {
  await container.client.delete();

  await run();

  expect((await world.runs()).map(({ state, failure }) => [state, failure?.code])).toEqual([
    ["failed", "source-invalid"],
  ]);
});

test("a storage that is away puts the run off", async () => {
  connection.connectionString = azurite.connectionString.replace(
    /BlobEndpoint=[^;]+/,
    "BlobEndpoint=http://127.0.0.1:1/devstoreaccount1",
  );

  await run();

  expect((await world.runs()).map(({ state, failure }) => [state, failure?.code])).toEqual([
    ["queued", "source-unavailable"],
  ]);
});

test("an export goes on behind a file in another invocation, as often as it takes", async () => {
  for (const id of [1, 2, 3]) {
    await container.put(`in/${id}.csv`, `item;price\n${id};${id},50\n`);
  }
  const [signal, goOnLater] = [new AbortController().signal, AbortSignal.abort()];
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  let invocations = 0;
  for (let next = world.queue.shift(); next !== undefined; next = world.queue.shift()) {
    await runExport(world.ports, next, { signal, goOnLater });
    invocations += 1;
  }

  const [entry] = await world.ledger();
  expect(invocations).toBe(4);
  expect(entry && (await world.content(entry))).toBe(
    '{"item":1,"price":1.50}\n{"item":2,"price":2.50}\n{"item":3,"price":3.50}\n',
  );
});
