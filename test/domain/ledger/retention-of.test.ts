import { expect, test } from "vitest";
import { retentionOf } from "../../../src/domain/ledger/delete-old-files.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { exportBody } from "../../support/definition-bodies.ts";
import { memoryDefinitions } from "../../support/memory-definitions.ts";

const fileType = "Shop.ItemChanges";
const shorter = { "exports/a": exportBody({ fileType, retentionDays: 1 }) };
const unreadable = { "exports/b": { ofALaterVersion: true } };

/** Days for which a file is kept now, given the retention at its publication. */
async function daysKept(definitions: object, retentionDays?: number): Promise<number> {
  const own = memoryDefinitions({ ...definitions }) as unknown as Ports["definitions"];
  const daysOf = await retentionOf({ definitions: own });
  return daysOf({ fileType, ...(retentionDays === undefined ? {} : { retentionDays }) });
}

test.each<[string, { definitions: object; said?: number }, number]>([
  ["as its export says now", { definitions: shorter, said: 30 }, 1],
  ["as was said when it was published, without an export", { definitions: {}, said: 30 }, 30],
  ["seven days, if nothing was said", { definitions: {} }, 7],
  [
    "not shorter than was said, while an export cannot be read",
    { definitions: { ...shorter, ...unreadable }, said: 30 },
    30,
  ],
  [
    "longer than was said, if an export that can be read says so",
    { definitions: { ...shorter, ...unreadable }, said: 0 },
    1,
  ],
])("a file is kept %s", async (_, { definitions, said }, days) => {
  expect(await daysKept(definitions, said)).toBe(days);
});
