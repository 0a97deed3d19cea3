import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads the app's entry file. A TypeScript file runs as Node runs it.
 *
 * @param main default: `main` of the package.json in the app's directory
 * @returns the file, relative to the app's directory
 * @throws Error when the file does not exist or throws; the file's own error is the cause
 */
export async function loadApp(appDirectory: string, main?: string): Promise<string> {
  const directory = resolve(appDirectory);
  const file = main ?? mainOf(join(directory, "package.json"));
  const path = resolve(directory, file);
  if (!existsSync(path)) {
    const remedy = /[*{]/.test(file) ? "not served here: a pattern for several files; " : "";
    throw new Error(`Cannot load the app: ${remedy}there is no "${path}"`);
  }
  try {
    await import(pathToFileURL(path).href);
    return file;
  } catch (error) {
    throw new Error(`Cannot load "${path}": ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function mainOf(packageJson: string): string {
  const content = existsSync(packageJson) ? JSON.parse(readFileSync(packageJson, "utf8")) : {};
  if (typeof content.main !== "string") {
    throw new Error(`Cannot load the app: no "main" in "${packageJson}"`);
  }
  return content.main;
}
