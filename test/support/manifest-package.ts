import { craftZip } from "./crafted-zip.ts";

/** One entity of a package: its file, and what the manifest says of it besides. */
export interface PackageFile {
  readonly content: string;
  /** Fields of the manifest, e.g. `{ LevelInExecutionUnit: "2" }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Which field of the file fills which field of the entity. */
  readonly maps?: Readonly<Record<string, string>>;
}

/** A data package of csv files with a manifest as Dynamics writes it, its entities in this order. */
export function manifestPackage(files: Readonly<Record<string, PackageFile>>): Buffer {
  const entities = Object.entries(files);
  const list = entities.map(([name, file]) => entityXml(name, file)).join("");
  const manifest = `<DataManagementPackageManifest><PackageEntityList>${list}</PackageEntityList></DataManagementPackageManifest>`;
  return craftZip([
    { name: "Manifest.xml", content: manifest },
    ...entities.map(([name, { content }]) => ({ name: `${name}.csv`, content })),
  ]);
}

function entityXml(name: string, { fields = {}, maps = {} }: PackageFile): string {
  const mapList = Object.entries(maps).map(
    ([file, entity]) =>
      `<EntityMap>${element("EntityField", entity)}${element("XMLField", file)}</EntityMap>`,
  );
  return element(
    "DataManagementPackageEntityData",
    [
      ...Object.entries(fields).map(([field, text]) => element(field, text)),
      element("EntityMapList", mapList.join("")),
      element("EntityName", name),
      element("InputFilePath", `${name}.csv`),
      element("SourceFormat", "CSV"),
    ].join(""),
  );
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
