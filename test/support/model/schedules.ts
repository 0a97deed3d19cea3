import fc from "fast-check";

/**
 * One order of events, and its disturbances. Each disturbance comes so many points after the one before, so that it
 * meets running work.
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

type Facts = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** How often each kind is drawn, and what about it. */
const KINDS: Readonly<Record<Disturbance["kind"], readonly [weight: number, facts: Facts]>> = {
  kill: [4, { process: fc.constantFrom(...PROCESS) }],
  freeze: [
    4,
    {
      process: fc.constantFrom(...PROCESS),
      forMs: fc.constantFrom(5 * SECOND, 70 * SECOND, 3 * MINUTE, 8 * MINUTE),
    },
  ],
  "slow-call": [
    4,
    {
      process: fc.constantFrom(...PROCESS),
      forMs: fc.constantFrom(SECOND, 20 * SECOND, 90 * SECOND, 4 * MINUTE),
    },
  ],
  fate: [
    8,
    {
      process: fc.constantFrom(...PROCESS),
      fate: fc.constantFrom(...FATES),
    },
  ],
  cut: [
    4,
    {
      service: fc.constantFrom("storage", "bus"),
      forMs: fc.constantFrom(10 * SECOND, 60 * SECOND, 3 * MINUTE),
    },
  ],
  "lose-locks": [3, { queue: fc.constantFrom("runs", "events") }],
  "second-tick": [2, {}],
  jump: [
    2,
    {
      process: fc.constantFrom(...PROCESS),
      // one that is wrong by less than five minutes is believed, and so holds schedules up for as long
      byMs: fc.constantFrom(24 * 60 * MINUTE, -60 * MINUTE, MINUTE),
      forMs: fc.constantFrom(MINUTE, 3 * MINUTE),
    },
  ],
  "refuse-reads": [
    2,
    {
      source: fc.constantFrom(...EXPORTS),
      forMs: fc.constantFrom(30 * SECOND, 2 * MINUTE, 5 * MINUTE),
    },
  ],
  reschedule: [
    2,
    {
      id: fc.constantFrom(...EXPORTS),
      minutes: fc.constantFrom(1, 2),
    },
  ],
  rename: [1, { id: fc.constantFrom(...EXPORTS) }],
  recreate: [2, { id: fc.constantFrom(...EXPORTS), renamed: fc.boolean() }],
  delete: [1, { id: fc.constant("prices") }],
  resubscribe: [1, { id: fc.constantFrom(...SUBSCRIPTIONS) }],
  unreadable: [
    3,
    {
      what: fc.constantFrom("exports", "subscriptions"),
      which: fc.constantFrom(...PROCESS),
      forMs: fc.constantFrom(30 * SECOND, 2 * MINUTE),
    },
  ],
  unlabelled: [1, { fileType: fc.constant("Model.Items") }],
};

/** @param kinds only these */
export function schedulesOf(
  kinds = Object.keys(KINDS) as readonly Disturbance["kind"][],
): fc.Arbitrary<Schedule> {
  const disturbance = fc.oneof(
    ...kinds.map((kind) => {
      const [weight, facts] = KINDS[kind];
      return { weight, arbitrary: fc.record({ kind: fc.constant(kind), ...facts }) };
    }),
  ) as fc.Arbitrary<Disturbance>;
  return fc.record({
    seed: fc.nat(2 ** 31),
    disturbances: fc.array(
      fc.tuple(disturbance, fc.nat(150)).map(([what, after]) => ({ after, ...what })),
      { minLength: 1, maxLength: 7 },
    ),
    reserved: fc.nat(7).map((drawn) => drawn === 1),
  });
}
