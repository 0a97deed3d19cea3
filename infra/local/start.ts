/** `npm start`: the whole of Waybill on one machine. */
import { dirname, resolve } from "node:path";
import process from "node:process";
import { readConnections } from "../../src/connection-settings.ts";
import { type CertificateInFiles, keptCertificate, newCertificate } from "./certificate.ts";
import { eventScreen } from "./event-screen.ts";
import { firstScreen } from "./first-screen.ts";
import { PortError } from "./listen.ts";
import { ANY_PORTS, type Stack, startStack, USUAL_PORTS } from "./stack.ts";
import { writeStackFile } from "./stack-file.ts";
import { requireOptionsReached, type StartOptions, startOptions, USAGE } from "./start-options.ts";

const startedAt = performance.now();
const options = readOptions();
let stack: Stack | null = null;

if (options.help) {
  print(USAGE);
} else {
  await start();
}

function readOptions(): StartOptions {
  try {
    requireOptionsReached(process.env);
    return startOptions(process.argv.slice(2));
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

async function start(): Promise<void> {
  endWithNpm();
  let onLine = (_line: string): void => undefined;
  try {
    requireGoodConnections();
    const certificate = options.https ? await certificateOf(options) : null;
    stack = await startStack({
      ports: options.anyPort ? ANY_PORTS : USUAL_PORTS,
      ...{ shop: true, demo: true },
      onPart: (part) => print(`  ${seconds()}  ${part}`),
      onLine: (line) => onLine(line),
      ...(certificate === null ? {} : { certificate }),
      ...options.places,
    });
    await writeStackFile(options.stackFile, stack.file);
    print(firstScreen(stack.file, { stackFile: options.stackFile, took: seconds() }));
    onLine = eventScreen(stack, print);
  } catch (error) {
    const hint =
      error instanceof PortError && !options.anyPort
        ? 'With "npm start -- --any-port" every part takes a free port.'
        : "";
    refuse(`${error instanceof Error ? error.message : error}\n${hint}`);
  }
}

/** With kept data the certificate is kept, too, so that clients need not trust a new one at each start. */
function certificateOf({ places, stackFile }: StartOptions): Promise<CertificateInFiles> {
  return places.dataDirectory === undefined
    ? newCertificate(dirname(resolve(stackFile)))
    : keptCertificate(places.dataDirectory);
}

/** The app would run in spite of them. @throws Error that names each wrong connection */
function requireGoodConnections(): void {
  const given = Object.entries(process.env).flatMap(([name, value = ""]) =>
    value === "" ? [] : [[name, value] as const],
  );
  const { connectionProblems } = readConnections(new Map(given));
  if (connectionProblems.length > 0) {
    const list = connectionProblems.join("\n  ");
    throw new Error(`Cannot start: the app's settings are wrong\n  ${list}`);
  }
}

function endWithNpm(): void {
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // npm starts this process through a shell, which does not pass signals on: when the shell ends, this process ends
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      stop();
    }
  }, 200).unref();
}

/** Stops only once: a second signal while parts are ending must not end this process before them. */
let _stopping: Promise<void> | null = null;
function stop(): void {
  _stopping ??= (async () => {
    await stack?.stop();
    process.exit(0);
  })();
}

function seconds(): string {
  return `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
}

function refuse(text: string): never {
  process.stderr.write(`${text.trimEnd()}\n`);
  process.exit(1);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
