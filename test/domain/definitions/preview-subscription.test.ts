import { beforeEach, expect, test } from "vitest";
import { previewSubscription } from "../../../src/domain/definitions/preview-subscription.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import { APPLICATION_ID, subscriptionBody } from "../../support/definition-bodies.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryTopic } from "../../support/memory-topic.ts";
import { type StoragePorts, storagePorts } from "../../support/storage-ports.ts";
import { anEntryDraft } from "../../support/stored-things.ts";

const clock = manualClock("2026-03-10T10:00:00Z");
const via = { kind: "topic", access: "sas" };
let storage: StoragePorts;

beforeEach(async () => {
  storage = await storagePorts("memory");
  const days = ["2026-03-01", "2026-03-08", "2026-03-09"];
  for (const [index, day] of days.entries()) {
    for (const fileType of ["Shop.Items", "Shop.Prices", "Other.Things"]) {
      const publishedAt = new Date(`${day}T10:00:00Z`);
      await storage.ledger.append(anEntryDraft({ fileType, publishedAt, records: index }));
    }
  }
});

function ports() {
  const connections = { get: () => ({ kind: "postgres", connectionString: "" }) as const };
  return { ...storage, topic: memoryTopic(), clock, log: () => undefined, connections };
}

const bodyOf = (members: object) =>
  subscriptionBody({ applications: [APPLICATION_ID], via, ...members });

async function preview(members: object, days = 3) {
  const { delivered, noMore, ...rest } = await previewSubscription(ports(), {
    id: "partner",
    body: bodyOf(members),
    days,
  });
  const named = (files: typeof delivered) =>
    files.map(({ fileType, sequence }) => `${fileType} ${sequence}`).sort();
  return { delivered: named(delivered), noMore: named(noMore), ...rest };
}

test("previewSubscription tells which files a new subscription would have been given, and saves nothing", async () => {
  expect(await preview({ fileTypes: ["Shop.*"], filter: "records gt 1" })).toEqual({
    delivered: ["Shop.Items 3", "Shop.Prices 3"],
    noMore: [],
    files: 4,
    isCut: false,
    starts: { "Shop.Items": 4, "Shop.Prices": 4 },
  });

  expect(await storage.definitions.findAny("subscriptions", "partner")).toBeNull();
  expect(await storage.subscriptions.stamp()).toBe("");
});

test("previewSubscription tells which files a changed subscription is given no more", async () => {
  const body = bodyOf({ fileTypes: ["Shop.Items", "Other.*"] });
  const request = { kind: "subscriptions", id: "partner", condition: "*", body } as const;
  await saveDefinition(ports(), { ...request, applicationId: "operator" });

  expect(await preview({ fileTypes: ["Shop.*"], filter: "records ne 1" }, 30)).toMatchObject({
    delivered: ["Shop.Items 1", "Shop.Items 3", "Shop.Prices 1", "Shop.Prices 3"],
    noMore: ["Other.Things 1", "Other.Things 2", "Other.Things 3", "Shop.Items 2"],
    starts: { "Shop.Items": 4, "Shop.Prices": 4 },
  });
});

test("previewSubscription refuses what saving would refuse", async () => {
  await expect(preview({ fileTypes: ["Shop.*"], filter: "colour eq 'red'" })).rejects.toMatchObject(
    { code: "definition-invalid" },
  );
});
