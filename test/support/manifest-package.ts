import { craftZip } from "./crafted-zip.ts";

/** One entity of a package: its file, and its further fields in the manifest. */
export interface PackageFile {
  readonly content: string;
  /** `CSV` by default. */
  readonly sourceFormat?: string;
  /** Fields of the manifest, e.g. `{ LevelInExecutionUnit: "2" }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Which field of the file fills which field of the entity. */
  readonly maps?: Readonly<Record<string, string>>;
}

/** A data package with a manifest as Dynamics writes it, its entities in this order. */
export function manifestPackage(files: Readonly<Record<string, PackageFile>>): Buffer {
  const entities = Object.entries(files);
  const list = entities.map(([name, file]) => entityXml(name, file)).join("");
  const manifest = `<DataManagementPackageManifest><PackageEntityList>${list}</PackageEntityList></DataManagementPackageManifest>`;
  return craftZip([
    { name: "Manifest.xml", content: manifest },
    ...entities.map(([name, { content }]) => ({ name: fileName(name), content })),
  ]);
}

function entityXml(name: string, file: PackageFile): string {
  const { fields = {}, maps = {}, sourceFormat = "CSV" } = file;
  const mapList = Object.entries(maps).map(
    ([from, to]) =>
      `<EntityMap>${element("EntityField", to)}${element("XMLField", from)}</EntityMap>`,
  );
  return element(
    "DataManagementPackageEntityData",
    [
      ...Object.entries(fields).map(([field, text]) => element(field, text)),
      element("EntityMapList", mapList.join("")),
      element("EntityName", name),
      element("InputFilePath", fileName(name)),
      element("SourceFormat", sourceFormat),
    ].join(""),
  );
}

function fileName(entity: string): string {
  return `${entity}.dat`;
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
