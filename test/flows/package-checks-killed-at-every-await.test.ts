import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { importPackage } from "../../src/d365/package-api/import-package.ts";
import { ImportRequest } from "../../src/d365/package-api/package-api.ts";
import { Killed, mortal } from "../support/kill.ts";
import { killedAtEach } from "../support/killed-at-each.ts";
import { manifestPackage } from "../support/manifest-package.ts";
import { type Sender, sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

const DEFINITION = {
  format: { kind: "package" },
  entities: [
    {
      name: "Items",
      columns: [{ name: "id", maxLength: 2 }],
      target: { kind: "postgres", connection: "db", table: "public.items", mode: "insert" },
    },
  ],
};
const EXECUTION_ID = "Mended {1}";

interface Partner {
  /** Puts a package of one item into storage. @returns its address */
  upload(id: string): Promise<string>;
  /** Asks until there is an answer, as clients do. */
  ask(request: object): Promise<string>;
  readonly points: () => number;
}

/** @param killAt the point at which the process that answers dies first; null: never */
async function partnerOf(world: Sender, killAt: number | null): Promise<Partner> {
  const { ports } = world;
  const connector = await ports.definitions.find("connectors", world.ordered);
  const applicationId = connector?.body.applications[0] ?? "";
  const first = mortal(ports, killAt);
  return {
    points: () => first.killer.points,
    upload: async (id) => {
      const path = { container: "uploads", name: `applications/${applicationId}/${randomUUID()}` };
      const content = manifestPackage({ Items: { content: `id\r\n${id}\r\n` } });
      await ports.files.write(path, chunks(content), "application/zip");
      return ports.files.uri(path);
    },
    ask: async (body) => {
      const request = ImportRequest.parse({
        ...{ definitionGroupId: `things-${world.ordered}`, executionId: EXECUTION_ID },
        ...body,
      });
      const ask = (alive: typeof ports) =>
        importPackage(alive, { applicationId, request }).then(({ executionId }) => executionId);
      try {
        return await ask(first.killer.isDead ? ports : first.ports);
      } catch (error) {
        if (!(error instanceof Killed)) {
          throw error;
        }
        return ask(ports);
      }
    },
  };
}

async function* chunks(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

/** A package is checked, mended, checked again, and executed before that check has begun. */
async function live(killAt: number | null) {
  const world = await sender(await makeWorld(), DEFINITION, "package");
  const partner = await partnerOf(world, killAt);
  const bad = await partner.upload("too long");
  const good = await partner.upload("i1");

  // nobody asks it during a check
  world.target.goAway();
  const ids = [await partner.ask({ packageUrl: bad, execute: false })];
  await world.settle();
  world.target.comeBack();
  const checked = await world.ports.submissions.find(EXECUTION_ID);
  ids.push(await partner.ask({ packageUrl: good, execute: false }));
  ids.push(await partner.ask({ packageUrl: good }));
  await world.settle();
  ids.push(await partner.ask({ packageUrl: good }));
  await world.settle();

  const { rows, submissions, owed, strayFiles } = await world.outcome();
  const oldFile = checked && (await world.ports.files.read(checked.file.path));
  return {
    points: partner.points(),
    outcome: {
      ids,
      checked: [checked?.state, checked?.result?.errors, checked?.importVersion],
      // one door to the import is as good as the other, and only one of them gives places
      submissions: submissions.map((each) => each.replace(/^ *1? /, "")),
      ...{ rows, owed, strayFiles, oldFile },
    },
  };
}

test("a process killed at any await of a check, another and an execution leaves one import (C2)", async () => {
  const { points, outcome: expected } = await live(null);
  expect(expected).toEqual({
    ids: Array(4).fill(EXECUTION_ID),
    checked: ["processed-with-errors", 1, null],
    rows: ["Items: i1"],
    submissions: ["processed 0  Items kept 1-0-0"],
    ...{ owed: 0, strayFiles: 0, oldFile: null },
  });
  expect(points).toBeGreaterThan(20);

  for await (const { end, killAt } of killedAtEach(points, live)) {
    expect(end.outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`checks of packages, kill at every await: ${points} points tried\n`);
}, 600_000);
