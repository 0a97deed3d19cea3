import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { DeliveryQuery } from "../../src/domain/deliveries/deliveries.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import { aFile } from "../support/file.ts";
import { aDelivery } from "../support/stored-things.ts";

const storage = useFaultyStorage();

const RUN = "7e06807f-674f-4199-9140-a97b897dbaee";

/** Five deliveries, an hour apart, of different states, runs and names; ids in the order of publishing. */
async function history(): Promise<{ queueId: string; ids: string[] }> {
  const { queueId } = aDelivery();
  const states = ["acked", "rejected", "expired", "enqueued", "acked"] as const;
  const ids: string[] = [];
  for (const [index, state] of states.entries()) {
    const publishedAt = new Date(`2026-03-01T0${index}:00:00Z`);
    const path = { container: "c", name: `T/2026/it's ${index}.csv` };
    const correlationId = index === 2 ? RUN : randomUUID();
    const file = aFile({ sequence: index + 1, publishedAt, path, correlationId });
    const { id: _, ...facts } = aDelivery({ queueId, file, state });
    const id = aDeliveryId(publishedAt);
    await storage.direct.deliveries.insert({ ...facts, id });
    ids.push(id);
  }
  return { queueId, ids };
}

function aDeliveryId(publishedAt: Date): string {
  const time = publishedAt.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUID().slice(13)}`;
}

test.each<[string, Partial<DeliveryQuery>, readonly number[]]>([
  ["everything, newest first", {}, [4, 3, 2, 1, 0]],
  ["one state", { states: ["rejected"] }, [1]],
  ["several states", { states: ["acked", "expired"] }, [4, 2, 0]],
  ["from an instant on", { from: new Date("2026-03-01T03:00:00Z") }, [4, 3]],
  ["from just after an instant on", { from: new Date("2026-03-01T03:00:00.001Z") }, [4]],
  ["before an instant", { to: new Date("2026-03-01T02:00:00Z") }, [1, 0]],
  ["up to an instant", { to: new Date("2026-03-01T02:00:00.001Z") }, [2, 1, 0]],
  [
    "a window and a state",
    {
      from: new Date("2026-03-01T00:00:00Z"),
      to: new Date("2026-03-01T04:00:00Z"),
      states: ["acked"],
    },
    [0],
  ],
  ["the name of a file, quote and all", { externalId: "it's 3.csv" }, [3]],
  ["the run that made the file", { correlationId: RUN }, [2]],
  ["nothing that there is", { externalId: "' or 1 eq 1 or externalId eq '" }, []],
])("list by %s", async (_, query, expected) => {
  const { queueId, ids } = await history();

  const page = await storage.direct.deliveries.list(queueId, {
    limit: 10,
    after: null,
    ...query,
  });

  expect(page.items.map(({ id }) => ids.indexOf(id))).toEqual(expected);
  expect(page.next).toBeNull();
});

test("list by a delivery's own id", async () => {
  const { queueId, ids } = await history();
  const [, , , correlationId] = ids as [string, string, string, string];

  const page = await storage.direct.deliveries.list(queueId, {
    limit: 10,
    after: null,
    correlationId,
  });

  expect(page.items.map(({ id }) => id)).toEqual([correlationId]);
});

test("narrowed lists have pages too", async () => {
  const { queueId, ids } = await history();
  const query = { limit: 1, states: ["acked", "expired"] } as const;

  const first = await storage.direct.deliveries.list(queueId, { ...query, after: null });
  const second = await storage.direct.deliveries.list(queueId, { ...query, after: first.next });
  const third = await storage.direct.deliveries.list(queueId, { ...query, after: second.next });

  const seen = [first, second, third].flatMap(({ items }) => items);
  expect(seen.map(({ id }) => ids.indexOf(id))).toEqual([4, 2, 0]);
  expect(third.next).toBeNull();
});
