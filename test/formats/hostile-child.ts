import { outcomeOf } from "./hostile-inputs.ts";

/** Reads the hostile input that the first argument names, and prints the result and the memory used. */
const before = process.memoryUsage.rss();
const outcome = await outcomeOf(process.argv[2] ?? "");
const peak = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(JSON.stringify({ outcome, mib: Math.round((peak - before) / 2 ** 20) }));
