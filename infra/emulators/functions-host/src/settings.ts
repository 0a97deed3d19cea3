import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";

/** App settings by name. Use `setting` to look one up, because the platform ignores case and reads `:` as `__`. */
export type Settings = Readonly<Record<string, string>>;

/**
 * Reads `Values` of a local.settings.json, the developer's stand-in for the app settings in Azure.
 *
 * @returns the settings, empty without the file, and the file's faults
 * @throws Error when the file is not JSON
 */
export function localSettings(appDirectory: string): { values: Settings; warnings: string[] } {
  const path = join(appDirectory, "local.settings.json");
  if (!existsSync(path)) {
    return { values: {}, warnings: [] };
  }
  const content = readJsonFile(path) as Record<string, unknown>;
  const values: Record<string, string> = {};
  const warnings = Object.keys(content)
    .filter((name) => !["IsEncrypted", "Values", "Host"].includes(name))
    .map((name) => `local.settings.json: "${name}" is ignored, only "Values" are settings`);
  if (content.IsEncrypted === true) {
    warnings.push("local.settings.json is encrypted: its values are ignored");
    return { values, warnings };
  }
  for (const [name, value] of Object.entries((content.Values ?? {}) as object)) {
    if (typeof value === "object" && value !== null) {
      warnings.push(`local.settings.json: value "${name}" is not text and is ignored`);
    } else {
      values[name] = String(value);
    }
  }
  return { values, warnings };
}

/**
 * Reads a JSON file that may hold comments and trailing commas, as the platform's own reader allows.
 *
 * @throws Error with the place of the first mistake
 */
export function readJsonFile(path: string): unknown {
  const errors: ParseError[] = [];
  const content: unknown = parse(readFileSync(path, "utf8"), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    throw new Error(
      `Cannot read "${path}": ${printParseErrorCode(first.error)} at character ${first.offset}`,
    );
  }
  return content;
}

/** @returns the setting of that name, in any case, written with `__` or `:`; an empty text counts as missing */
export function setting(settings: Settings, name: string): string | undefined {
  if (settings[name] !== undefined && settings[name] !== "") {
    return settings[name];
  }
  const wanted = canonical(name);
  const found = Object.keys(settings).find((each) => canonical(each) === wanted);
  return found === undefined || settings[found] === "" ? undefined : settings[found];
}

function canonical(name: string): string {
  return name.replaceAll("__", ":").toLowerCase();
}

/**
 * Replaces each `%NAME%` by the setting of that name.
 *
 * @throws Error that names a missing setting
 */
export function resolveSettings(settings: Settings, text: string): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = setting(settings, name);
    if (value === undefined) {
      throw new Error(`"%${name}%" does not resolve to a value: there is no setting "${name}"`);
    }
    return value;
  });
}

/** Whether `AzureWebJobs.<name>.Disabled` (or `AzureWebJobs__<name>__Disabled`) disables the function. */
export function isFunctionDisabled(settings: Settings, functionName: string): boolean {
  const value =
    setting(settings, `AzureWebJobs.${functionName}.Disabled`) ??
    setting(settings, `AzureWebJobs__${functionName}__Disabled`);
  return /^(?:true|1)$/i.test(value ?? "");
}

/** The functions that settings disable or enable by name, whether they exist or not. */
export function functionsNamedInSettings(settings: Settings): string[] {
  return Object.keys(settings).flatMap(
    (name) => /^AzureWebJobs(?:\.|__|:)(.+)(?:\.|__|:)Disabled$/i.exec(name)?.[1] ?? [],
  );
}

/** Puts the settings where the app reads them, as on the platform. */
export function exportSettings(settings: Settings): void {
  const { env } = process;
  Object.assign(env, {
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    FUNCTIONS_WORKER_RUNTIME: "node",
    ...settings,
  });
}
