import type { PackageOptions } from "../../contracts/export-shape.ts";
import { type ZipEntry, zip } from "../../formats/zip.ts";
import { HEADER_FILE, MANIFEST_FILE, packageFileNames } from "./package-file-names.ts";
import { packageHeader, packageManifest } from "./package-manifest.ts";

/** How data packages are named and announced. */
export const PACKAGE_NAMES = { extension: "zip", contentType: "application/zip" } as const;

/** An entity and its file, in the format that the package's options say. */
export interface PackageEntity {
  /** The entity's label, e.g. `Customer groups`. */
  readonly name: string;
  /** Opens the file; called once, when the files of all entities before it were read to the end. */
  content(): AsyncIterable<Buffer>;
  /** Names of the file's columns in order; asked for when its content was read to the end. */
  columns(): readonly string[];
}

export interface PackageRequest {
  readonly options: PackageOptions;
  readonly entities: readonly PackageEntity[];
  /** What the archive says about when its files were made. */
  readonly writtenAt: Date;
}

/**
 * Writes a data package: a flat zip with one file an entity, and the two documents that describe them behind the files,
 * since they name columns that only the sources know.
 *
 * Nothing holds a whole file: bytes are made as fast as they are taken. An iteration that ends early ends the open file
 * too.
 *
 * @throws NotRepresentableError when a name holds what XML cannot; whatever an entity's content throws
 */
export function writePackage({
  options,
  entities,
  writtenAt,
}: PackageRequest): AsyncIterable<Buffer> {
  const names = entities.map(({ name }) => name);
  const fileNames = packageFileNames(names, options.file.kind);
  const described = entities.map((entity, index) => ({ entity, fileName: fileNames[index] ?? "" }));
  const files = described.map(({ entity, fileName }): ZipEntry => {
    return { name: fileName, content: () => entity.content() };
  });
  const manifest = (): string =>
    packageManifest(
      options,
      described.map(({ entity, fileName }) => {
        return { name: entity.name, fileName, columns: entity.columns() };
      }),
    );
  const documents = [
    documentEntry(MANIFEST_FILE, options, manifest),
    documentEntry(HEADER_FILE, options, () => packageHeader(options)),
  ];
  return zip([...files, ...documents], writtenAt);
}

function documentEntry(name: string, options: PackageOptions, text: () => string): ZipEntry {
  const encoding = options.manifestEncoding === "utf-8" ? "utf8" : "utf16le";
  return {
    name,
    content: async function* content() {
      yield Buffer.from(text(), encoding);
    },
  };
}
