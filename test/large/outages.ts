/**
 * Cuts storage off at each stage for as long as real outages last, while files flow in both directions through the real
 * app. Afterwards each subscription must have every number within two minutes. The broker is as it is deployed.
 *
 *     npm run test:large:outages -- [--cuts 30,60,180] [--stages publish,announce,...] [--log FILE]
 *
 * All of it takes about 45 minutes. Prints a table, and ends with 1 when anything is missing.
 */
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { outageTable, STAGES, type Stage } from "../support/outage-stages.ts";
import { type OutageResult, startOutageWorld } from "../support/outage-world.ts";

const WITHIN_MS = 120_000;

const { values: args } = parseArgs({
  options: {
    cuts: { type: "string", default: "30,60,180" },
    stages: { type: "string", default: STAGES.join(",") },
    // file for all that the app writes
    log: { type: "string" },
  },
});

const log = args.log === undefined ? null : createWriteStream(args.log);
const world = await startOutageWorld({ onLine: (line) => void log?.write(`${line}\n`) });
const results: OutageResult[] = [];
try {
  for (const seconds of args.cuts.split(",").map(Number)) {
    for (const stage of args.stages.split(",") as Stage[]) {
      const result = await world.outage(stage, seconds * 1_000, WITHIN_MS);
      results.push(result);
      process.stdout.write(outageTable([result]));
    }
  }
  process.stdout.write(`\n${outageTable(results)}`);
  process.exitCode = results.every(({ missing }) => missing.length === 0) ? 0 : 1;
} finally {
  await world.stop();
  log?.end();
}
