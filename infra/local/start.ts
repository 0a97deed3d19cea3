/**
 * `npm start`: the whole of Waybill on one machine.
 *
 *     npm start -- [--any-port] [--data DIR] [--storage CONNECTION_STRING] [--service-bus CONNECTION_STRING]
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { eventLine, firstScreen } from "./screen.ts";
import { ANY_PORTS, type Stack, startStack, USUAL_PORTS } from "./stack.ts";
import { writeStackFile } from "./stack-file.ts";

const { values: args } = parseArgs({
  options: {
    "any-port": { type: "boolean", default: false },
    data: { type: "string" },
    storage: { type: "string" },
    "service-bus": { type: "string" },
    // for tests that run several at once; not for people
    "stack-file": { type: "string", default: join(import.meta.dirname, "../../.local/stack.json") },
  },
});

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function show(line: string): void {
  const text = eventLine(line, new Date());
  if (text !== null) {
    print(text);
  }
}

const startedAt = performance.now();
let isReady = false;
let stack: Stack | null = null;

/** Once is enough: a second signal while parts are ending must not end us before them. */
let _stopping: Promise<void> | null = null;
function stop(): void {
  _stopping ??= (async () => {
    await stack?.stop();
    process.exit(0);
  })();
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

// npm starts us through a shell, which does not pass signals on: when it ends, so do we
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) {
    stop();
  }
}, 200).unref();

try {
  const starting = startStack({
    ports: args["any-port"] ? ANY_PORTS : USUAL_PORTS,
    shop: true,
    demo: true,
    onLine: (line) => {
      if (isReady) {
        show(line);
      }
    },
    ...(args.data === undefined ? {} : { dataDirectory: resolve(args.data) }),
    ...(args.storage === undefined ? {} : { storage: args.storage }),
    ...(args["service-bus"] === undefined ? {} : { serviceBus: args["service-bus"] }),
  });
  stack = await starting;
  await writeStackFile(args["stack-file"], stack.file);
  print(
    firstScreen(stack.file, {
      stackFile: args["stack-file"],
      tookMs: performance.now() - startedAt,
    }),
  );
  isReady = true;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write('With "npm start -- --any-port" every part takes a free port.\n');
  process.exit(1);
}
