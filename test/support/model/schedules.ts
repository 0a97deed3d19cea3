import fc from "fast-check";

/**
 * One order of events, and what is done to disturb it. Each disturbance comes so many points after the one before, so
 * that it meets work that is going on.
 */
export interface Schedule {
  /** Draws how long calls take, and so who goes first. */
  readonly seed: number;
  readonly disturbances: readonly (Disturbance & { readonly after: number })[];
  /** Whether an export wants a file type whose container is one of our own. */
  readonly reserved: boolean;
}

const PROCESS = [0, 1] as const;
const EXPORTS = ["items", "prices"] as const;
const SUBSCRIPTIONS = ["everything", "items-in-order"] as const;
const FATES = ["asked-twice", "answer-lost", "failed"] as const;

type Of<Values extends readonly unknown[]> = Values[number];

export type Disturbance =
  | { readonly kind: "kill"; readonly process: 0 | 1 }
  | { readonly kind: "freeze"; readonly process: 0 | 1; readonly forMs: number }
  | { readonly kind: "slow-call"; readonly process: 0 | 1; readonly forMs: number }
  | { readonly kind: "fate"; readonly process: 0 | 1; readonly fate: Of<typeof FATES> }
  | { readonly kind: "cut"; readonly service: "storage" | "bus"; readonly forMs: number }
  | { readonly kind: "lose-locks"; readonly queue: "runs" | "events" }
  | { readonly kind: "second-tick" }
  | {
      readonly kind: "jump";
      readonly process: 0 | 1;
      readonly byMs: number;
      readonly forMs: number;
    }
  | { readonly kind: "refuse-reads"; readonly source: Of<typeof EXPORTS>; readonly forMs: number }
  | { readonly kind: "reschedule"; readonly id: Of<typeof EXPORTS>; readonly minutes: number }
  | { readonly kind: "rename"; readonly id: Of<typeof EXPORTS> }
  | { readonly kind: "recreate"; readonly id: Of<typeof EXPORTS>; readonly renamed: boolean }
  | { readonly kind: "delete"; readonly id: "prices" }
  | { readonly kind: "resubscribe"; readonly id: Of<typeof SUBSCRIPTIONS> }
  | {
      readonly kind: "unreadable";
      readonly what: "exports" | "subscriptions";
      readonly which: 0 | 1;
      readonly forMs: number;
    }
  | { readonly kind: "unlabelled"; readonly fileType: "Model.Items" };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  { weight: 4, arbitrary: kindOf("kill", { process: fc.constantFrom(...PROCESS) }) },
  {
    weight: 4,
    arbitrary: kindOf("freeze", {
      process: fc.constantFrom(...PROCESS),
      forMs: fc.constantFrom(5 * SECOND, 70 * SECOND, 3 * MINUTE, 8 * MINUTE),
    }),
  },
  {
    weight: 4,
    arbitrary: kindOf("slow-call", {
      process: fc.constantFrom(...PROCESS),
      forMs: fc.constantFrom(SECOND, 20 * SECOND, 90 * SECOND, 4 * MINUTE),
    }),
  },
  {
    weight: 8,
    arbitrary: kindOf("fate", {
      process: fc.constantFrom(...PROCESS),
      fate: fc.constantFrom(...FATES),
    }),
  },
  {
    weight: 4,
    arbitrary: kindOf("cut", {
      service: fc.constantFrom("storage", "bus"),
      forMs: fc.constantFrom(10 * SECOND, 60 * SECOND, 3 * MINUTE),
    }),
  },
  { weight: 3, arbitrary: kindOf("lose-locks", { queue: fc.constantFrom("runs", "events") }) },
  { weight: 2, arbitrary: kindOf("second-tick", {}) },
  {
    weight: 2,
    arbitrary: kindOf("jump", {
      process: fc.constantFrom(...PROCESS),
      // one that is wrong by less than five minutes is believed, and so holds schedules up for as long
      byMs: fc.constantFrom(24 * 60 * MINUTE, -60 * MINUTE, MINUTE),
      forMs: fc.constantFrom(MINUTE, 3 * MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: kindOf("refuse-reads", {
      source: fc.constantFrom(...EXPORTS),
      forMs: fc.constantFrom(30 * SECOND, 2 * MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: kindOf("reschedule", {
      id: fc.constantFrom(...EXPORTS),
      minutes: fc.constantFrom(1, 2),
    }),
  },
  { weight: 1, arbitrary: kindOf("rename", { id: fc.constantFrom(...EXPORTS) }) },
  {
    weight: 2,
    arbitrary: kindOf("recreate", { id: fc.constantFrom(...EXPORTS), renamed: fc.boolean() }),
  },
  { weight: 1, arbitrary: kindOf("delete", { id: fc.constant("prices") }) },
  { weight: 1, arbitrary: kindOf("resubscribe", { id: fc.constantFrom(...SUBSCRIPTIONS) }) },
  {
    weight: 3,
    arbitrary: kindOf("unreadable", {
      what: fc.constantFrom("exports", "subscriptions"),
      which: fc.constantFrom(...PROCESS),
      forMs: fc.constantFrom(30 * SECOND, 2 * MINUTE),
    }),
  },
  { weight: 1, arbitrary: kindOf("unlabelled", { fileType: fc.constant("Model.Items") }) },
) as fc.Arbitrary<Disturbance>;

function kindOf(kind: Disturbance["kind"], facts: Record<string, fc.Arbitrary<unknown>>) {
  return fc.record({ kind: fc.constant(kind), ...facts });
}

export const schedule: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(2 ** 31),
  disturbances: fc.array(
    fc.tuple(disturbance, fc.nat(150)).map(([what, after]) => ({ after, ...what })),
    { minLength: 1, maxLength: 7 },
  ),
  reserved: fc.nat(7).map((drawn) => drawn === 1),
});
