/** One export of a table into a file, in a process of its own: `export-once.ts CONNECTION_STRING TABLE FILE`. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { writeExportFile } from "../../src/domain/exports/write-export-file.ts";
import type { Files } from "../../src/domain/ports.ts";
import { closeSystems, DEFINITION_SCHEMAS, openSource } from "../../src/systems/index.ts";

const [connectionString = "", table = "", file = ""] = process.argv.slice(2);

const definition = DEFINITION_SCHEMAS.kinds.exports.parse({
  fileType: "Bench.Rows",
  entities: [{ name: "Rows", source: { kind: "postgres", connection: "bench", table } }],
  format: { kind: "jsonl" },
});
const connections = { get: () => ({ kind: "postgres", connectionString }) as const };
const output = createWriteStream(file);
const stage: Files["stage"] = async (_path, _piece, content) => {
  if (!output.write(content)) {
    await once(output, "drain");
  }
};
const write: Files["write"] = async (path, content) => {
  for await (const bytes of content) {
    await stage(path, "", bytes);
  }
  output.end();
  await once(output, "finish");
};
const assemble: Files["assemble"] = async () => {
  output.end();
  await once(output, "finish");
  return true;
};

await writeExportFile(
  {
    openSource: (source) => openSource(source, connections),
    files: { write, stage, assemble } as Files,
  },
  {
    definition,
    mode: "full",
    cursor: null,
    owner: { incarnation: "", fileType: definition.fileType },
    path: { container: "bench", name: "rows" },
    writtenAt: new Date(),
    maxRows: null,
    attempt: 1,
    saving: null,
    signal: new AbortController().signal,
  },
);
await closeSystems();
