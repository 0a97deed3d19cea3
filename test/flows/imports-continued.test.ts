import { expect, test } from "vitest";
import { MAX_INTERRUPTIONS } from "../../src/domain/imports/retry-policy.ts";
import { runImport } from "../../src/domain/imports/run-import.ts";
import { sendOwedImports } from "../../src/domain/imports/send-owed-imports.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { receiveFile } from "../../src/domain/submissions/receive-file.ts";
import { sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

/** Rows in one batch of the reader. */
const BATCH_ROWS = 1_000;
const BATCHES = MAX_INTERRUPTIONS + 5;

/** Ports whose target ends the attempt's time once it has kept one batch more than there was. */
function hurried(ports: Ports, end: AbortController): Ports {
  return {
    ...ports,
    openTarget: (definition) => ({
      open: (request) =>
        ports.openTarget(definition).open({
          ...request,
          onProgress: () => {
            request.onProgress?.();
            end.abort(new Error("the time is up"));
          },
        }),
    }),
  };
}

test.each(["ordered", "unordered"] as const)(
  "an import that moves on takes as many attempts as it needs, %s (C10)",
  async (kind) => {
    const world = await sender(await makeWorld());
    const ids = Array.from({ length: BATCHES * BATCH_ROWS }, (_, index) => `row${index}`);
    const content = `id\r\n${ids.join("\r\n")}\r\n`;
    const submissionId = await world.send(world[kind], "1.csv", content);
    let runs = 0;
    for (let next = world.queue.shift(); next !== undefined; next = world.queue.shift()) {
      const end = new AbortController();
      await runImport(hurried(world.ports, end), next, end.signal);
      runs += 1;
    }

    expect(runs).toBeGreaterThan(MAX_INTERRUPTIONS);
    expect(await world.ports.submissions.find(submissionId)).toMatchObject({
      state: "processed",
      attempts: runs,
      continuations: runs - 1,
      result: { entities: [{ rows: ids.length }] },
    });
    expect(world.target.rows).toEqual(ids.map((id) => `Things: ${id}`));
  },
);

test("a file that takes long to be stored is not sent twice", async () => {
  const world = await sender(await makeWorld());
  const found = await world.ports.definitions.find("connectors", world.unordered);
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from("id\r\n");
    world.clock.advance(5 * 60_000);
    yield Buffer.from("a\r\n");
  }
  if (found?.body.direction !== "import") {
    throw new Error("the world has no such connector");
  }
  await receiveFile(
    world.ports,
    {
      ...{ connectorId: world.unordered, connector: found.body, applicationId: "partner" },
      ...{ entity: null, company: null, externalId: null, parentId: null },
    },
    slow(),
  );

  expect(await sendOwedImports(world.ports)).toBe(0);
  expect(world.queue).toHaveLength(1);
});
