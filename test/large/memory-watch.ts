import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface MemorySample {
  readonly afterMs: number;
  readonly pid: number;
  readonly rssMb: number;
  /** Share of the work that was done by then, 0 to 1. */
  readonly done: number;
}

export interface MemoryWatch {
  readonly samples: readonly MemorySample[];
  stop(): void;
}

const SAMPLE_MS = 250;

/**
 * Watches the resident memory of the app, which may be another process after each restart.
 *
 * @param of.onSample told of each sample
 */
export function watchMemory(of: {
  pid(): number;
  done(): number;
  onSample?(sample: MemorySample): void;
}): MemoryWatch {
  const samples: MemorySample[] = [];
  const startedAt = performance.now();
  const take = () => {
    const pid = of.pid();
    const rssMb = residentMb(pid);
    // between a kill and the restart there is nothing to measure
    if (rssMb !== null) {
      const sample = { afterMs: performance.now() - startedAt, pid, rssMb, done: of.done() };
      samples.push(sample);
      of.onSample?.(sample);
    }
  };
  take();
  const timer = setInterval(take, SAMPLE_MS);
  return { samples, stop: () => clearInterval(timer) };
}

/** In 10^6 bytes; null when there is no such process. */
function residentMb(pid: number): number | null {
  try {
    const kib =
      process.platform === "linux"
        ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
        : execFileSync("ps", ["-o", "rss=", "-p", String(pid)]).toString();
    return kib === undefined ? null : (Number(kib) * 1_024) / 1e6;
  } catch {
    return null;
  }
}

export function peakMb(samples: readonly MemorySample[]): number {
  return samples.reduce((peak, { rssMb }) => Math.max(peak, rssMb), 0);
}

/** All of the app, its libraries and the host in the same process, whatever it does; 520 MB were measured. */
const CEILING_MB = 640;
/** How much higher than in the first half of the work memory may be in the second. A young process is still growing. */
const MARGIN = 1.25;

/** One line for each process, and one for the halves of the work. */
export function memoryReport(samples: readonly MemorySample[]): string[] {
  const processes = [...Map.groupBy(samples, ({ pid }) => pid)].map(([pid, own]) => {
    const [first, last] = [own[0]?.rssMb ?? 0, own.at(-1)?.rssMb ?? 0];
    return `process ${pid}: rss ${mb(first)} at its start, ${mb(peakMb(own))} at most, ${mb(last)} at its end`;
  });
  const [before, after] = halves(samples);
  return [
    ...processes,
    `peak rss ${mb(peakMb(before))} up to half of the rows, ${mb(peakMb(after))} behind (allowed: ${MARGIN} times as much, and ${CEILING_MB} MB at any time)`,
  ];
}

/** @returns empty when memory was flat */
export function wrongWithMemory(samples: readonly MemorySample[]): string[] {
  const [before, after] = halves(samples).map(peakMb) as [number, number];
  return [
    ...(after > MARGIN * before ? [`memory grew from ${mb(before)} to ${mb(after)}`] : []),
    ...(peakMb(samples) > CEILING_MB ? [`memory reached ${mb(peakMb(samples))}`] : []),
  ];
}

function halves(samples: readonly MemorySample[]): [MemorySample[], MemorySample[]] {
  return [samples.filter(({ done }) => done < 0.5), samples.filter(({ done }) => done >= 0.5)];
}

function mb(megabytes: number): string {
  return `${megabytes.toFixed(0)} MB`;
}
