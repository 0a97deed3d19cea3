import { join } from "node:path";
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
  await build({
    entryPoints: [join(ROOT, "src", "main.ts")],
    outfile: BUNDLE,
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
}
