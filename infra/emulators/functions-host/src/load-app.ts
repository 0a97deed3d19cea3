import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

interface PackageJson {
  readonly main?: string;
  readonly type?: string;
}

/**
 * Loads the app's entry files as the worker does: `main` is a file or a glob, files are loaded in order, ES modules by
 * `import()` and the rest by `require()`. TypeScript files run as Node runs them.
 *
 * @param main default: `main` of the package.json in the app's directory
 * @returns the files, relative to the app's directory
 * @throws Error when nothing matches or a file throws; the file's own error is the cause
 */
export async function loadApp(appDirectory: string, main?: string): Promise<string[]> {
  const directory = resolve(appDirectory);
  const pattern = main ?? readPackageJson(join(directory, "package.json"))?.main;
  if (pattern === undefined) {
    throw new Error(`Cannot load the app: no "main" in "${join(directory, "package.json")}"`);
  }
  const files = entryFiles(directory, pattern);
  if (files.length === 0) {
    throw new Error(`Cannot load the app: no file matches "${pattern}" in "${directory}"`);
  }
  for (const file of files) {
    await loadFile(resolve(directory, file));
  }
  return files;
}

function entryFiles(directory: string, pattern: string): string[] {
  return existsSync(resolve(directory, pattern))
    ? [pattern]
    : globSync(pattern, { cwd: directory }).sort();
}

async function loadFile(path: string): Promise<void> {
  try {
    if (isEsModule(path)) {
      await import(pathToFileURL(path).href);
    } else {
      createRequire(path)(path);
    }
  } catch (error) {
    throw new Error(`Cannot load "${path}": ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function isEsModule(path: string): boolean {
  const extension = extname(path);
  if (extension === ".mjs" || extension === ".mts") {
    return true;
  }
  return extension !== ".cjs" && extension !== ".cts" && nearestPackageType(path) === "module";
}

function nearestPackageType(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = readPackageJson(join(folder, "package.json"));
    if (found !== null || folder === dirname(folder)) {
      return found?.type;
    }
  }
}

function readPackageJson(path: string): PackageJson | null {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as PackageJson) : null;
}
