import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuildOptions, type BuildResult, build, stop } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** Folder of the deployed package; azure.yaml and docs/deploy.md name it. */
export const PACKAGE = join(ROOT, ".package");
/** Folder of the package for `npm start` and the tests. It is made in the same way, but kept apart. */
export const LOCAL_PACKAGE = join(ROOT, ".local", "package");

/** The entry file, as the package's own package.json names it. */
const PROGRAM = "dist/main.js";

/**
 * Makes the package: exactly the files that run on the platform. The whole folder is deployed.
 *
 *   host.json      as it is here
 *   package.json   where the program is; no dependencies, so that nobody installs any
 *   dist/main.js   the app with all its libraries
 *
 * A source map would be two thirds of it, without a use: Node reads one only when it is told to, and then keeps it in
 * memory. The program is not minified, so that stack traces name functions.
 */
export async function makePackage(directory: string): Promise<void> {
  const { name, version, type } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const description = JSON.stringify({ name, version, type, main: PROGRAM }, null, 2);
  await put(join(directory, "host.json"), await readFile(join(ROOT, "host.json")));
  await put(join(directory, "package.json"), `${description}\n`);
  await put(join(directory, PROGRAM), await bundle());
}

/**
 * The app in one file.
 *
 * `@azure/functions-core` is not a package: the Functions worker supplies it, so it must stay outside. CommonJS
 * libraries call `require`, which an ES module must create itself.
 */
async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await built({
    entryPoints: [join(ROOT, "src", "main.ts")],
    write: false,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    logLevel: "warning",
    external: ["@azure/functions-core", "pg-native"],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

let building = 0;

/** Ends esbuild's process after the last build. Otherwise it would stay as long as ours. */
async function built(
  options: BuildOptions & { write: false },
): Promise<BuildResult<typeof options>> {
  building += 1;
  try {
    return await build(options);
  } finally {
    building -= 1;
    if (building === 0) {
      await stop();
    }
  }
}

/** Several stacks may start at once: each must find a complete file. */
async function put(path: string, content: string | Uint8Array): Promise<void> {
  const whole = join(dirname(path), `${randomUUID()}.tmp`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(whole, content);
  await rename(whole, path);
}
