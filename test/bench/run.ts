/**
 * `npm run bench`: how fast an export is, as a ratio against a peer in the same run.
 *
 *     npm run bench [-- --rows 1000000 --rounds 5]
 *
 * Ours: a whole export (source, transform, format, gzip, hash) from PostgreSQL into a file. Peer: `psql` with
 * `row_to_json`, piped into `gzip`, the usual tools for the job. Both run in processes of their own, in turns, so that
 * other work of the machine slows both down. A round counts only if both made the same records.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "pg";
import { startPostgres } from "../../infra/local/postgres.ts";

const { values: args } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
  },
});

const TABLE = "public.bench";
const directory = mkdtempSync(join(tmpdir(), "waybill-bench-"));
const server = await startPostgres();
try {
  await seed(Number(args.rows));
  bench();
} finally {
  await server.stop();
  rmSync(directory, { recursive: true });
}

/** Twelve columns of the kinds that business tables have, the same in every run. */
async function seed(rows: number): Promise<void> {
  const client = new Client(server.connectionString);
  await client.connect();
  await client.query(
    `create table ${TABLE} as select n::bigint as id, md5(n::text) as code, 'Item number ' || n as name,
       md5((n * 7)::text)::uuid as public_id, round((n * 1.234567)::numeric, 4) as price, (n % 1000)::integer as stock,
       date '2020-01-01' + (n % 2000)::integer as valid_from, timestamptz '2026-01-01' + n * interval '1 second' as changed_at,
       case when n % 3 = 0 then null else 'group ' || n % 17 end as grp, n % 2 = 0 as active,
       (n * 0.5)::double precision as weight, case when n % 5 = 0 then 'said "hi"' end as note
     from generate_series(1, $1::bigint) n`.replace("$1", String(rows)),
  );
  await client.query(`alter table ${TABLE} add primary key (id)`);
  await client.query(`vacuum analyze ${TABLE}`);
  await client.end();
}

function bench(): void {
  if (spawnSync("psql", ["--version"]).status !== 0) {
    print(
      "There is no psql on the PATH: without the peer there is no ratio. Install postgresql-client.",
    );
    process.exitCode = 1;
    return;
  }
  print(`${args.rows} rows of 12 columns to jsonl.gz, ${args.rounds} rounds`);
  print(
    `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  print("round   ours s   peer s   ratio   ours MB  peer MB");
  const ratios: number[] = [];
  for (let round = 1; round <= Number(args.rounds); round++) {
    const ours = timed("ours.jsonl.gz", (file) =>
      execFileSync(process.execPath, [
        join(import.meta.dirname, "export-once.ts"),
        server.connectionString,
        TABLE,
        file,
      ]),
    );
    const peer = timed("peer.jsonl.gz", (file) =>
      execFileSync("bash", [
        "-c",
        `psql "$0" -qAtc "copy (select row_to_json(t) from ${TABLE} t) to stdout" | gzip > "$1"`,
        server.connectionString,
        file,
      ]),
    );
    if (ours.records !== peer.records || ours.records !== Number(args.rows)) {
      throw new Error(`round ${round} does not count: ${ours.records} and ${peer.records} records`);
    }
    const ratio = ours.seconds / peer.seconds;
    ratios.push(ratio);
    const cells = [ours.seconds, peer.seconds, ratio, ours.megabytes, peer.megabytes];
    print(`${round}       ${cells.map((cell) => cell.toFixed(2).padStart(6)).join("   ")}`);
  }
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
  print(
    `wall time, ours / peer, median of rounds: ${median.toFixed(2)} (below 1 is faster than the peer)`,
  );
}

interface Timed {
  readonly seconds: number;
  readonly records: number;
  readonly megabytes: number;
}

function timed(name: string, work: (file: string) => unknown): Timed {
  const file = join(directory, name);
  const startedAt = performance.now();
  work(file);
  const seconds = (performance.now() - startedAt) / 1_000;
  const counted = execFileSync("bash", ["-c", 'gunzip -c "$0" | wc -l', file]).toString();
  return { seconds, records: Number(counted), megabytes: statSync(file).size / 1e6 };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
