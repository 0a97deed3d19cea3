import { setTimeout as delay } from "node:timers/promises";
import { ServiceBusClient } from "@azure/service-bus";
import { expect, test } from "vitest";
import { exportBody } from "../support/definition-bodies.ts";
import { useLocalStack } from "../support/local-stack.ts";

/** `TOPIC_SECONDS=180` is the whole trial; the usual one shows the same in less time. */
// biome-ignore lint/style/noProcessEnv: the length of the trial is for whoever runs it
const SECONDS = Number(process.env.TOPIC_SECONDS ?? 45);
const TOKEN_SECONDS = 20;
const ROTATIONS = 2;
const DROPS = 5;

const local = useLocalStack({
  shop: true,
  settings: () => ({ TEMPORARY_ENDPOINT_SECONDS: String(TOKEN_SECONDS) }),
});

interface Answer {
  readonly refreshAfter: string;
  readonly subscriptions: readonly {
    readonly serviceBus: { readonly connectionString: string } | null;
  }[];
}

/** A partner's program: the SDK and the endpoint's answer, asked for again when told to, or when refused. */
async function receiveUntil(isOver: () => boolean, got: Set<number>): Promise<void> {
  while (!isOver()) {
    const answer = await ask();
    const { connectionString } = answer?.subscriptions[0]?.serviceBus ?? {};
    if (answer === null || connectionString === undefined) {
      await delay(200);
      continue;
    }
    const isStale = () => isOver() || Date.now() >= Date.parse(answer.refreshAfter);
    await receiveWith(connectionString, isStale, got);
  }
}

async function receiveWith(
  connectionString: string,
  isStale: () => boolean,
  got: Set<number>,
): Promise<void> {
  const client = new ServiceBusClient(connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
  });
  const receiver = client.createReceiver("file-available", "steady");
  try {
    while (!isStale()) {
      for (const message of await receiver.receiveMessages(10, { maxWaitTimeInMs: 500 })) {
        got.add(message.body.properties.sequence);
        await receiver.completeMessage(message);
      }
    }
  } catch {
    // the link is refused, or gone: ask again
  } finally {
    await client.close().catch(() => undefined);
  }
}

async function ask(): Promise<Answer | null> {
  try {
    const path = "/api/external/integration/export/temporaryendpoints";
    const { status, json } = await local.call("partner-a", { path });
    return status === 200 ? (json() as Answer) : null;
  } catch {
    return null; // the app is being restarted
  }
}

test(
  `a plain Service Bus program gets every file on tokens of ${TOKEN_SECONDS} seconds, through rotated keys, dropped connections and a restart of the app`,
  async () => {
    const source = { kind: "postgres", connection: "shop", table: "shop.items" };
    const entities = [{ name: "Items", source }];
    const mode = { mode: "full" };
    await local.define("subscriptions/steady", {
      fileTypes: ["Steady.Items"],
      applications: [local.stack.file.clients["partner-a"].id],
      via: { kind: "topic", access: "sas" },
    });
    await local.define(
      "exports/steady",
      exportBody({ fileType: "Steady.Items", entities, schedule: undefined }),
    );
    const got = new Set<number>();
    const state = { isOver: false };
    const receiving = receiveUntil(() => state.isOver, got);
    const startedAt = Date.now();
    const at = (share: number) => startedAt + share * SECONDS * 1_000;
    const disturbances: [number, () => Promise<unknown>][] = [
      ...Array.from({ length: ROTATIONS }, (_, index): [number, () => Promise<unknown>] => [
        at((index + 1) / (ROTATIONS + 1)),
        () => local.call("operator", { method: "POST", path: "/api/topic/rotate-keys" }),
      ]),
      ...Array.from({ length: DROPS }, (_, index): [number, () => Promise<unknown>] => [
        at((index + 1) / (DROPS + 2)),
        async () => local.stack.cloud.broker?.faults.dropConnections(),
      ]),
      [at(0.5), () => local.stack.restartApp()],
    ];
    disturbances.sort(([a], [b]) => a - b);
    while (Date.now() < at(1)) {
      const [next] = disturbances;
      if (next !== undefined && next[0] <= Date.now()) {
        disturbances.shift();
        await next[1]();
      }
      const path = "/api/exports/steady/runs";
      await local.call("operator", { method: "POST", path, body: mode }).catch(() => undefined);
      await delay(500);
    }
    const numbers = await allNumbers(got);
    state.isOver = true;
    await receiving;

    expect(disturbances).toEqual([]);
    expect(numbers.length).toBeGreaterThan(5);
    expect(numbers.filter((number) => !got.has(number))).toEqual([]);
  },
  (SECONDS + 120) * 1_000,
);

/** Numbers of the ledger, once it has not grown for two seconds and the partner had as much time for the last. */
async function allNumbers(got: ReadonlySet<number>): Promise<number[]> {
  const deadline = Date.now() + 60_000;
  for (let before = -1; ; ) {
    const { json } = await local.call("operator", { path: "/api/ledger/Steady.Items?limit=1000" });
    const numbers = (json() as { items: { sequence: number }[] }).items.map(
      (each) => each.sequence,
    );
    const isWhole = numbers.length === before && numbers.every((number) => got.has(number));
    if (isWhole || Date.now() > deadline) {
      return numbers;
    }
    before = numbers.length;
    await delay(2_000);
  }
}
