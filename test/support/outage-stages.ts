import { setTimeout as delay } from "node:timers/promises";
import type { FaultProxy, FaultRule } from "./fault-proxy.ts";

export const STAGES = [
  "publish",
  "announce",
  "fan-out",
  "dequeue",
  "ack",
  "enqueue",
  "import",
  "tick",
] as const;
export type Stage = (typeof STAGES)[number];

/** The first request to storage that each stage makes, by which it is known. */
const FIRST_REQUESTS: Readonly<
  Record<Stage, { readonly service: "tables" | "blobs"; readonly method: string; path: RegExp }>
> = {
  publish: { service: "blobs", method: "PUT", path: /\/outage-changes\/(?!.*comp=metadata)/ },
  announce: { service: "blobs", method: "PUT", path: /\/outage-changes\/.*comp=metadata/ },
  "fan-out": { service: "tables", method: "GET", path: /\/definitions\(PartitionKey.*stamp/ },
  dequeue: { service: "tables", method: "GET", path: /\/messages\(\).*ready/ },
  ack: { service: "tables", method: "GET", path: /\/messages\(PartitionKey.*message/ },
  enqueue: { service: "blobs", method: "PUT", path: /\/inbox\// },
  import: { service: "blobs", method: "GET", path: /\/inbox\// },
  tick: { service: "tables", method: "GET", path: /\/definitions\(\).*exports/ },
};

export interface Outage {
  readonly stage: Stage;
  readonly cutMs: number;
  /** Requests that did not come through. */
  readonly lost: number;
}

const ALL: FaultRule = { times: Number.POSITIVE_INFINITY, fault: { kind: "lose-request" } };

/** Cuts storage off when the stage's next request comes, for so long. */
export async function cutStorage(
  proxies: { readonly tables: FaultProxy; readonly blobs: FaultProxy },
  stage: Stage,
  cutMs: number,
): Promise<Outage> {
  const { service, method, path } = FIRST_REQUESTS[stage];
  const { met } = proxies[service].inject({ method, path, fault: { kind: "lose-request" } });
  await met;
  const before = lostBy(proxies);
  for (const proxy of [proxies.tables, proxies.blobs]) {
    proxy.inject(ALL);
  }
  await delay(cutMs);
  for (const proxy of [proxies.tables, proxies.blobs]) {
    proxy.clear();
  }
  return { stage, cutMs, lost: lostBy(proxies) - before };
}

function lostBy(proxies: { readonly tables: FaultProxy; readonly blobs: FaultProxy }): number {
  return [proxies.tables, proxies.blobs].reduce(
    (sum, { requests }) => sum + requests.filter(({ fault }) => fault !== null).length,
    0,
  );
}

/** One line an outage, for people. */
export function outageTable(
  results: readonly (Outage & {
    readonly wellAfterMs: number;
    readonly missing: readonly string[];
  })[],
): string {
  const lines = results.map(({ stage, cutMs, lost, wellAfterMs, missing }) => {
    const end =
      missing.length === 0
        ? `well after ${(wellAfterMs / 1_000).toFixed(1)} s`
        : `LOST after ${(wellAfterMs / 1_000).toFixed(0)} s: ${missing.slice(0, 5).join(", ")}`;
    return `  ${stage.padEnd(9)} cut ${String(cutMs / 1_000).padStart(4)} s  ${String(lost).padStart(5)} requests lost  ${end}`;
  });
  return `storage outages\n${lines.join("\n")}\n`;
}
