import { buffer } from "node:stream/consumers";
import { isAppError } from "../../../src/domain/errors.ts";
import type { RangedFile } from "../../../src/domain/packages/ranged-file.ts";
import { type DataPackage, readPackage } from "../../../src/domain/packages/read-package.ts";
import { type CraftedEntry, craftZip, type ZipEnd } from "../../support/crafted-zip.ts";

export function rangedFile(bytes: Buffer): RangedFile {
  return { bytes: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}

const NAMESPACE = "http://schemas.microsoft.com/dynamics/2015/01/DataManagement";

export interface EntityFields {
  readonly [field: string]: string;
}

export function entityXml(fields: EntityFields): string {
  const elements = Object.entries(fields).map(([name, text]) => `<${name}>${text}</${name}>`);
  return `<DataManagementPackageEntityData>${elements.join("")}</DataManagementPackageEntityData>`;
}

/** How a manifest says which field of the file fills which field of the entity. */
export function mapXml(fields: EntityFields): string {
  const elements = Object.entries(fields).map(([name, text]) => `<${name}>${text}</${name}>`);
  return `<EntityMap>${elements.join("")}</EntityMap>`;
}

/** A manifest as Dynamics writes it. */
export function manifestXml(entities: readonly EntityFields[]): string {
  return (
    `<DataManagementPackageManifest xmlns="${NAMESPACE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
    "<DefinitionGroupName>Shop</DefinitionGroupName><Description>All of it</Description>" +
    `<PackageEntityList>${entities.map(entityXml).join("")}</PackageEntityList></DataManagementPackageManifest>`
  );
}

export const ITEMS: EntityFields = {
  EntityName: "Items",
  InputFilePath: "Items.csv",
  SourceFormat: "CSV",
};

export const ITEMS_FILE: CraftedEntry = { name: "Items.csv", content: "id\r\n1\r\n" };

export function manifestEntry(content: string | Buffer = manifestXml([ITEMS])): CraftedEntry {
  return { name: "Manifest.xml", content };
}

/** A package of one entity, `Items`, in which an entry has these facts, and more entries may stand. */
export function packageWith(
  facts: Partial<CraftedEntry> = {},
  more: readonly CraftedEntry[] = [],
  end: Partial<ZipEnd> = {},
): Buffer {
  return craftZip([{ ...ITEMS_FILE, ...facts }, manifestEntry(), ...more], end);
}

export async function open(bytes: Buffer): Promise<DataPackage> {
  return readPackage(rangedFile(bytes));
}

/** Opens a package and reads all files to their ends. */
export async function readAll(bytes: Buffer): Promise<Record<string, string>> {
  const { entities } = await open(bytes);
  const texts: Record<string, string> = {};
  for (const entity of entities) {
    texts[entity.name] = (await buffer(entity.content())).toString();
  }
  return texts;
}

/** The message with which a package is refused, when it is opened or when a file of it is read. */
export async function refusalOf(bytes: Buffer): Promise<string> {
  const texts = await readAll(bytes).catch((error: unknown) => error);
  if (!isAppError(texts, "file-unreadable")) {
    throw new Error(`was not refused as it should be: ${texts}`);
  }
  return texts.message;
}
