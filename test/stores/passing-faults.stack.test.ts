import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { dequeued } from "../../src/domain/deliveries/delivery.ts";
import type { ActiveRun } from "../../src/domain/exports/run.ts";
import type { PageRequest } from "../../src/domain/page.ts";
import { DEFINITION_WRITES, type Write } from "../support/definition-writes.ts";
import type { FaultProxy, ProxyFault } from "../support/fault-proxy.ts";
import { PASSING_FAULTS, type Stores, useFaultyStorage } from "../support/faulty-storage.ts";
import { aDelivery, all, anEntryDraft, aRun, aSlot } from "../support/stored-things.ts";

/**
 * The SDK repeats a request that failed on the way. If the first request has reached the storage, the repetition meets
 * our own write and looks like a conflict. The caller must see a success. Each write of each store is tried with each
 * fault at each of its requests, and must leave the same rows as without a fault.
 */
const storage = useFaultyStorage();

const EVERYTHING: PageRequest = { limit: 1_000, after: null };
const LATER = new Date("2026-03-01T11:00:00Z");

/** Each writes its preconditions straight into the storage. */
const TABLE_WRITES: Readonly<Record<string, (direct: Stores) => Promise<Write>>> = {
  "deliveries.insert": async () => {
    const delivery = aDelivery();
    return {
      run: (stores) => stores.deliveries.insert(delivery),
      effect: (stores) => messagesAt(stores, delivery.queueId),
    };
  },
  "deliveries.replace by a lease": async (direct) => {
    const delivery = aDelivery();
    await direct.deliveries.insert(delivery);
    const lease = { receipt: "r", now: LATER, leaseMs: 60_000, ordered: false };
    return {
      run: (stores) => stores.deliveries.replace(delivery, dequeued(delivery, lease)),
      effect: (stores) => messagesAt(stores, delivery.queueId),
    };
  },
  "deliveries.replace by an acknowledgement": async (direct) => {
    const delivery = aDelivery();
    await direct.deliveries.insert(delivery);
    return {
      run: (stores) => stores.deliveries.replace(delivery, { ...delivery, state: "acked" }),
      effect: (stores) => messagesAt(stores, delivery.queueId),
    };
  },
  "runs.claim": async () => {
    const run = aRun();
    return {
      run: (stores) => stores.runs.claim(aSlot(run), run, null),
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "runs.claim of a slot without a run": async () => {
    const run = aRun();
    return {
      run: (stores) =>
        stores.runs.claim(aSlot(run, { outcome: "skipped", runId: null }), null, null),
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "runs.request": async () => {
    const run = aRun({ trigger: "request", dueAt: null });
    return {
      run: (stores) => stores.runs.request(run),
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "runs.update": async (direct) => {
    const run = aRun();
    await direct.runs.request(run);
    return {
      run: (stores) =>
        stores.runs.update({ ...run, state: "running", startedAt: LATER }, { held: 0, at: LATER }),
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "runs.beat": async (direct) => {
    const run = aRun();
    await direct.runs.request(run);
    return {
      run: (stores) => stores.runs.beat(run, LATER),
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "runs.resend": async (direct) => {
    const run = aRun();
    await direct.runs.request(run);
    const [active] = (await direct.runs.current(run.exportId)).active as [ActiveRun];
    return {
      run: async (stores) => (await stores.runs.resend(run.exportId, active, LATER))?.resends,
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "ledger.close": async () => {
    const { fileType, originId } = anEntryDraft();
    return {
      run: (stores) => stores.ledger.close(fileType, originId),
      effect: (stores) => stores.ledger.findByOrigin(fileType, originId),
    };
  },
  "runs.finish": async (direct) => {
    const run = aRun();
    await direct.runs.request(run);
    return {
      run: (stores) => stores.runs.finish({ ...run, state: "succeeded", endedAt: LATER }, "7"),
      effect: (stores) => runsOf(stores, run.exportId),
    };
  },
  "ledger.append of a first file": async () => {
    const draft = anEntryDraft();
    return {
      run: async (stores) => (await stores.ledger.append(draft)).sequence,
      effect: (stores) => ledgerOf(stores, draft.fileType),
    };
  },
  "ledger.append of a second file": async (direct) => {
    const first = await direct.ledger.append(anEntryDraft());
    const draft = anEntryDraft({ fileType: first.fileType });
    return {
      run: async (stores) => (await stores.ledger.append(draft)).sequence,
      effect: (stores) => ledgerOf(stores, draft.fileType),
    };
  },
  "ledger.settle": async (direct) => {
    const entry = await direct.ledger.append(anEntryDraft());
    return {
      run: (stores) => stores.ledger.noteAnnounced(entry),
      effect: (stores) => ledgerOf(stores, entry.fileType),
    };
  },
  ...DEFINITION_WRITES,
};

const BLOB_WRITES: Readonly<Record<string, (direct: Stores) => Promise<Write>>> = {
  "files.assemble": async (direct) => {
    const path = { container: `c${randomUUID()}`, name: "a/b.jsonl" };
    await direct.files.stage(path, "1", Buffer.from("hello"));
    return {
      run: ({ files }) => files.assemble(path, { pieces: ["1"], madeOf: "1", contentType: "a/b" }),
      effect: (stores) => fileAt(stores, path),
    };
  },
  "files.write": async () => {
    const path = { container: `c${randomUUID()}`, name: "a/b.jsonl" };
    return {
      run: (stores) => stores.files.write(path, content("hello"), "text/plain"),
      effect: (stores) => fileAt(stores, path),
    };
  },
  "files.label": async (direct) => {
    const path = { container: `c${randomUUID()}`, name: "a/b.jsonl" };
    await direct.files.write(path, content("hello"), "text/plain");
    return {
      run: (stores) => stores.files.label(path, { blobType: "A.B", sequence: "1" }),
      effect: (stores) => fileAt(stores, path),
    };
  },
  "files.delete": async (direct) => {
    const path = { container: `c${randomUUID()}`, name: "a/b.jsonl" };
    await direct.files.write(path, content("hello"), "text/plain");
    return {
      run: (stores) => stores.files.delete(path),
      effect: (stores) => fileAt(stores, path),
    };
  },
};

describe.each([
  ...Object.entries(TABLE_WRITES).map(([name, write]) => ["tables", name, write] as const),
  ...Object.entries(BLOB_WRITES).map(([name, write]) => ["blobs", name, write] as const),
])("%s: %s", (service, _, prepare) => {
  test.each(Object.entries(PASSING_FAULTS))(
    "succeeds once, with one effect, when %s, at each of its requests",
    async (__, fault) => {
      const proxy = storage[service];
      const calm = await prepare(storage.direct);
      const before = proxy.requests.length;
      const result = await calm.run(storage.faulty);
      const requests = proxy.requests.length - before;
      const effect = await calm.effect(storage.direct);
      expect(requests).toBeGreaterThan(0);

      for (let at = 0; at < requests; at++) {
        const write = await prepare(storage.direct);
        const seen = faultAt(proxy, at, fault);
        const outcome = await write.run(storage.faulty);

        expect(outcome, `request ${at} of ${requests}`).toEqual(result);
        expect(await write.effect(storage.direct), `request ${at} of ${requests}`).toEqual(effect);
        expect(seen()).toBe(1);
      }
    },
  );

  test("fails, rather than call itself a conflict, when the service stays busy", async () => {
    const proxy = storage[service];
    const write = await prepare(storage.direct);
    const effect = await write.effect(storage.direct);
    proxy.inject({ times: 1_000, fault: { kind: "refuse", status: 503, code: "ServerBusy" } });

    await expect(write.run(storage.faulty)).rejects.toMatchObject({ statusCode: 503 });

    expect(await write.effect(storage.direct)).toEqual(effect);
  });
});

/** Lets the request with this number, from 0, meet the fault. @returns how many have met it */
function faultAt(proxy: FaultProxy, at: number, fault: ProxyFault): () => number {
  proxy.clear();
  const before = proxy.requests.length;
  proxy.inject({ skip: at, fault });
  return () => proxy.requests.slice(before).filter((seen) => seen.fault !== null).length;
}

async function messagesAt(stores: Stores, connectorId: string): Promise<unknown> {
  const far = new Date("2027-01-01T00:00:00Z");
  const kept = await stores.deliveries.list(connectorId, EVERYTHING);
  const ready = await stores.deliveries.ready(connectorId, { now: far, limit: 10, ordered: false });
  const seen = kept.items.map(({ state, dequeues, visibleAt }) => ({ state, dequeues, visibleAt }));
  return { seen, ready: ready.map(({ state, dequeues }) => ({ state, dequeues })) };
}

async function runsOf(stores: Stores, exportId: string): Promise<unknown> {
  const { active, cursor, schedule } = await stores.runs.current(exportId);
  const runs = await stores.runs.listRuns(exportId, EVERYTHING);
  const slots = await stores.runs.listSlots(exportId, EVERYTHING);
  return {
    active: active.map(({ state }) => state),
    cursor,
    claimedThrough: schedule?.claimedThrough,
    runs: runs.items.map(({ state }) => state),
    slots: slots.items.map(({ outcome, dueAt }) => ({ outcome, dueAt })),
  };
}

async function ledgerOf(stores: Stores, fileType: string): Promise<unknown> {
  const { items } = await stores.ledger.list(fileType, EVERYTHING);
  const unannounced = await all(stores.ledger.unannounced(fileType));
  return [items, unannounced].map((entries) => entries.map(({ sequence }) => sequence));
}

async function fileAt(stores: Stores, path: { container: string; name: string }): Promise<unknown> {
  const file = await stores.files.read(path);
  if (file === null) {
    return null;
  }
  const blob = storage.blobService.getContainerClient(path.container).getBlobClient(path.name);
  const { contentType, metadata } = await blob.getProperties();
  return { content: await text(file.content), contentType, sequence: metadata?.sequence };
}

async function* content(whole: string): AsyncGenerator<Buffer> {
  yield Buffer.from(whole);
}
