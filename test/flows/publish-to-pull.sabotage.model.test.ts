import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { type Plant, schedulesUntilNoticed } from "../support/model/assert-schedules.ts";
import { RESERVED_TYPE } from "../support/model/model-definitions.ts";
import { quicken } from "../support/model/quick.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => undefined }));
vi.mock("hash-wasm", () => import("../support/model/hash-at-once.ts"));

/** By then each fault that is planted below must be noticed. */
const MOST = 1_000;

let undo: () => void = () => undefined;

beforeAll(() => {
  undo = quicken();
});

afterAll(() => undo());

const EVERYTHING = { limit: 1_000, after: null };

/** Faults that the app once had, and safeguards without which it would have others. */
const SABOTAGE: Readonly<Record<string, Plant>> = {
  "a late claim moves a schedule's mark back": {
    kinds: ["reschedule", "slow-call", "second-tick", "freeze"],
    sabotage: (ports) => ({
      ...ports,
      runs: {
        ...ports.runs,
        claim: async (slot, run) => {
          const { items } = await ports.runs.listSlots(slot.exportId, EVERYTHING);
          const isClaimed = items.some(({ dueAt }) => dueAt.getTime() === slot.dueAt.getTime());
          const { schedule } = await ports.runs.current(slot.exportId);
          return !isClaimed && ports.runs.claim(slot, run, schedule);
        },
      },
    }),
  },
  "a schedule believes a mark in the future": {
    kinds: ["jump"],
    sabotage: (ports) => ({
      ...ports,
      runs: { ...ports.runs, resetSchedule: async () => true },
    }),
  },
  "an attempt that lost its lock publishes what another run has published": {
    // it sleeps with its file in hand, while others fail at the source and give the run up
    disturbances: (index) => [
      {
        after: 20 + (index % 100),
        kind: "freeze",
        process: index % 2 === 0 ? 0 : 1,
        forMs: 480_000,
      },
      { after: 0, kind: "refuse-reads", source: "items", forMs: 300_000 },
      { after: 0, kind: "refuse-reads", source: "prices", forMs: 300_000 },
    ],
    sabotage: (ports) => ({
      ...ports,
      ledger: { ...ports.ledger, close: async () => null },
    }),
  },
  "files are kept as long as the definitions of the day say": {
    kinds: ["rename", "delete"],
    sabotage: (ports) => ({
      ...ports,
      ledger: {
        ...ports.ledger,
        kept: async (fileType, limit) =>
          (await ports.ledger.kept(fileType, limit)).map(({ retentionDays: _, ...entry }) => entry),
      },
    }),
  },
  "an export that is made again goes on from the old cursor": {
    kinds: ["recreate"],
    sabotage: (ports) => ({
      ...ports,
      definitions: {
        ...ports.definitions,
        put: (kind, definition, condition) =>
          ports.definitions.put(kind, { ...definition, incarnation: "" }, condition),
      },
    }),
  },
  "a file type that cannot be announced ends the loop": {
    disturbances: (index) => [
      // nothing publishes prices any more that could announce those before
      { after: 20, kind: "unlabelled", fileType: "Model.Items" },
      { after: 20 + (index % 100), kind: "cut", service: "bus", forMs: 180_000 },
      { after: 0, kind: "delete", id: "prices" },
    ],
    sabotage: (ports, { unlabelled }) => ({
      ...ports,
      ledger: {
        ...ports.ledger,
        fileTypes: async () => {
          const fileTypes = await ports.ledger.fileTypes();
          const end = fileTypes.findIndex((fileType) => unlabelled.has(fileType));
          return end === -1 ? fileTypes : fileTypes.slice(0, end + 1);
        },
      },
    }),
  },
  "a fan-out is owed to nobody (C18)": {
    kinds: ["cut"],
    sabotage: (ports) => ({ ...ports, ledger: { ...ports.ledger, notFannedOut: nothing } }),
  },
  "a subscription that cannot be read is owed nothing (C22, C23)": {
    kinds: ["unreadable"],
    sabotage: (ports) => ({
      ...ports,
      ledger: { ...ports.ledger, noteBehind: async () => undefined },
    }),
  },
  "an entry is announced by nobody but its run (C20)": {
    disturbances: (index) => [
      { after: 40 + (index % 100), kind: "cut", service: "bus", forMs: 180_000 },
      { after: 0, kind: "delete", id: "prices" },
    ],
    sabotage: (ports) => ({
      ...ports,
      ledger: { ...ports.ledger, owesAnything: async () => false },
    }),
  },
  "one run has an entry for each attempt": {
    kinds: ["kill", "freeze", "lose-locks", "slow-call"],
    sabotage: (ports) => ({
      ...ports,
      ledger: {
        ...ports.ledger,
        append: (draft) => ports.ledger.append({ ...draft, originId: ports.ids.guid() }),
        findByOrigin: async () => null,
        close: async () => null,
      },
    }),
  },
  "one entry has a message for each event": {
    kinds: ["kill", "freeze", "lose-locks", "fate"],
    sabotage: (ports) => ({
      ...ports,
      deliveries: {
        ...ports.deliveries,
        insert: (delivery) =>
          ports.deliveries.insert({ ...delivery, id: guidLike(ports, delivery.id) }),
      },
    }),
  },
};

async function* nothing(): AsyncGenerator<never> {}

/** Another id with the same time in it. */
function guidLike({ ids }: Ports, id: string): string {
  return `${id.slice(0, 14)}${ids.guid().slice(14)}`;
}

test.each(Object.entries(SABOTAGE))(
  "it is noticed when %s",
  async (name, plant) => {
    const { schedules, broken } = await schedulesUntilNoticed(plant, MOST);

    expect(broken.detail).not.toBe("");
    process.stdout.write(`${name}: schedule ${schedules}: not "${broken.promise}"\n`);
  },
  600_000,
);

test("it is noticed when a file type may have a container of the app's own", async () => {
  const schema = DEFINITION_SCHEMAS.kinds.exports;
  const { safeParse } = schema;
  const unchecked = (body: unknown) => {
    const given = body as { fileType: string };
    if (given.fileType !== RESERVED_TYPE) {
      return safeParse(body);
    }
    const result = safeParse({ ...given, fileType: "Model.Other" });
    return { ...result, data: { ...result.data, fileType: RESERVED_TYPE } };
  };
  Object.assign(schema, { safeParse: unchecked });
  try {
    const { broken } = await schedulesUntilNoticed({ sabotage: (ports) => ports }, 200);

    expect(broken.promise).toBe("no file is deleted early");
  } finally {
    Object.assign(schema, { safeParse });
  }
}, 120_000);
