import { z } from "zod";
import { canonicalGuid } from "./values/guid.ts";

/**
 * A GUID in any case, with or without braces (percent-encoded braces too), in its one canonical form: lower case, bare.
 */
export const Guid = z
  .string()
  .transform((text) => text.replace(/^%7b/i, "{").replace(/%7d$/i, "}"))
  .refine((text) => canonicalGuid(text) !== null, "must be a GUID, with or without braces")
  .transform((text) => canonicalGuid(text) ?? text)
  .pipe(z.guid());

/** Id of a connector, as D365 names it. */
export const ConnectorId = Guid.describe("Id of a connector.");
export type ConnectorId = string;

/** The connector id that the connection check of existing clients asks for; no connector can have it. */
export const ZERO_GUID = "00000000-0000-0000-0000-000000000000";

/** Id of an export, an import or a subscription. It stands in URLs, blob metadata and row keys. */
export const DefinitionId = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit",
  )
  .describe("Lower-case letters, digits and hyphens.");

/** Containers that the app and the platform use for other things than file types. */
const RESERVED_CONTAINERS = ["import-errors", "azure-webjobs-hosts", "azure-webjobs-secrets"];

/** Container of a file type: `Shop.ItemChanges` has `shop-itemchanges`. */
export function containerOf(fileType: string): string {
  return fileType.toLowerCase().replaceAll(".", "-");
}

/** Content of a file, e.g. `Shop.ItemChanges`: names joined by dots, under a contract that its owner keeps. */
export const FileType = z
  .string()
  .max(60)
  .regex(
    /^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)+$/,
    'must be names joined by dots, such as "Shop.ItemChanges", of letters and digits',
  )
  .refine(
    (fileType) => !RESERVED_CONTAINERS.includes(containerOf(fileType)),
    "must be another name: its container is used for other things",
  )
  .describe("Content of the files, e.g. `Shop.ItemChanges`.");

/** File types that a subscription receives: one by its name, or all that begin with `Prefix.`, as `Shop.*`. */
export const FileTypePattern = z
  .string()
  .max(62)
  .refine(
    (text) => FileType.safeParse(isFamily(text) ? `${text.slice(0, -1)}X` : text).success,
    'must be a file type such as "Shop.ItemChanges", or the start of some such as "Shop.*"',
  )
  .describe("A file type, e.g. `Shop.ItemChanges`, or all that begin alike, e.g. `Shop.*`.");

/** Whether the pattern stands for all file types that begin alike. */
export function isFamily(pattern: string): boolean {
  return pattern.endsWith(".*");
}

/** Whether the file type is the pattern, or begins as the pattern does. Letter case matters. */
export function isOfPattern(fileType: string, pattern: string): boolean {
  return isFamily(pattern) ? fileType.startsWith(pattern.slice(0, -1)) : fileType === pattern;
}

/** Companies (legal entities) of files. */
export const Companies = z
  .array(
    z
      .string()
      .regex(/^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u, "must not have blanks at its ends")
      .max(60)
      .describe("A company as it is stored, e.g. `USMF`."),
  )
  .min(1)
  .max(1_000)
  .refine(
    (companies) => new Set(companies.map((each) => each.toLowerCase())).size === companies.length,
    "must not name a company twice, in any case",
  )
  .describe(
    "Companies that files may be of; a file of another one is refused with 400. Letter case does not matter, and the spelling of this list is stored. A file that names no company is taken.",
  );
