import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { SubscriptionDefinition } from "../../../src/domain/definitions/definitions.ts";
import { listenersOf } from "../../../src/domain/deliveries/audience.ts";
import { subscriptionBody } from "../../support/definition-bodies.ts";
import { type StoragePorts, storagePorts } from "../../support/storage-ports.ts";
import { aDeletion, savedAt } from "../../support/stored-things.ts";

let storage: StoragePorts;
let reads: number;

beforeEach(async () => {
  storage = await storagePorts("memory");
  reads = 0;
  const { all } = storage.definitions;
  storage.definitions.all = (kind) => {
    reads++;
    return all(kind);
  };
});

async function put(id: string, members: object): Promise<void> {
  const body = SubscriptionDefinition.parse(subscriptionBody(members));
  await storage.definitions.put("subscriptions", { id, body, ...savedAt(new Date()) }, "*").catch(
    // "*" replaces only what exists
    () => storage.definitions.put("subscriptions", { id, body, ...savedAt(new Date()) }, null),
  );
}

async function listeners(fileType: string): Promise<string[]> {
  return (await listenersOf(storage, fileType)).subscriptions.map(({ id }) => id);
}

test("listenersOf gives those that name a file type, or how it begins, in the order of their ids", async () => {
  await put("c-exact", { fileTypes: ["A.B.C", "A.B.D"] });
  await put("a-family", { fileTypes: ["A.*"] });
  await put("d-both", { fileTypes: ["A.B.*", "A.B.C", "A.*"] });
  await put("b-other", { fileTypes: ["A.B", "AB.*", "B.*"] });

  expect(await listeners("A.B.C")).toEqual(["a-family", "c-exact", "d-both"]);
  expect(await listeners("A.B")).toEqual(["a-family", "b-other", "d-both"]);
  expect(await listeners("AB.C")).toEqual(["b-other"]);
  expect(await listeners("C.D")).toEqual([]);
});

test("listenersOf reads all subscriptions only after one was saved or deleted, however many ask at once", async () => {
  await put("first", {});
  await Promise.all(Array.from({ length: 50 }, () => listeners("Shop.ItemChanges")));
  expect(reads).toBe(1);

  await put(randomUUID(), {});
  expect(await listeners("Shop.ItemChanges")).toHaveLength(2);
  await storage.definitions.delete("subscriptions", "first", aDeletion());

  expect(await listeners("Shop.ItemChanges")).toHaveLength(1);
  expect(reads).toBe(3);
});

test("listenersOf reads again after it failed", async () => {
  await put("first", {});
  const { allStarts } = storage.subscriptions;
  storage.subscriptions.allStarts = () => Promise.reject(new Error("the storage is away"));
  await expect(listeners("Shop.ItemChanges")).rejects.toThrow("away");
  storage.subscriptions.allStarts = allStarts;

  expect(await listeners("Shop.ItemChanges")).toEqual(["first"]);
});
