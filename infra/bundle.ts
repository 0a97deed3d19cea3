import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** The entry file of the bundle, as package.json's `main` names it. */
export const BUNDLE = join(ROOT, "dist", "main.js");

/**
 * Bundles the app into the one file that is deployed, and that `npm start` runs as well.
 *
 * `@azure/functions-core` is not a package: the Functions worker supplies it, so it must stay outside. Libraries of
 * the CommonJS kind call `require`, which an ES module has only if it makes it.
 */
export async function bundle(options: { minify: boolean }): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "src", "main.ts")],
    outfile: BUNDLE,
    write: false,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    sourcemap: "linked",
    minify: options.minify,
    logLevel: "warning",
    external: ["@azure/functions-core", "pg-native"],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  await mkdir(dirname(BUNDLE), { recursive: true });
  for (const { path, contents } of outputFiles) {
    // several stacks may start at once: each must find a whole file
    const whole = `${path}.${randomUUID()}`;
    await writeFile(whole, contents);
    await rename(whole, path);
  }
}
