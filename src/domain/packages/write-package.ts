import type { PackageOptions } from "../../contracts/export-shape.ts";
import type { Column } from "../../contracts/rows.ts";
import { type ZipEntry, zip } from "../../formats/zip.ts";
import { HEADER_FILE, MANIFEST_FILE, packageFileNames } from "./package-file-names.ts";
import { type ManifestEntity, packageHeader, packageManifest } from "./package-manifest.ts";

/** How data packages are named and announced. */
export const PACKAGE_NAMES = { extension: "zip", contentType: "application/zip" } as const;

/** An entity and its file, in the format that the package's options say. */
export interface PackageEntity {
  /** The entity's label, e.g. `Customer groups`. */
  readonly name: string;
  /** Opens the file; called once, when the files of all entities before it were read to the end. */
  open(): Promise<{ readonly columns: readonly Column[]; readonly bytes: AsyncIterable<Buffer> }>;
}

export interface PackageRequest {
  readonly options: PackageOptions;
  readonly entities: readonly PackageEntity[];
  /** What the archive says about when its files were made. */
  readonly writtenAt: Date;
}

/**
 * Writes a data package: a flat zip with one file an entity, and behind them the two documents that describe them,
 * since they name columns that are known only once a source is open.
 *
 * Nothing holds a whole file: bytes are made as fast as they are taken. An iteration that ends early ends the open file
 * too. To be iterated once.
 *
 * @throws NotRepresentableError when a name holds what XML cannot; whatever opening or reading an entity throws
 */
export function writePackage({
  options,
  entities,
  writtenAt,
}: PackageRequest): AsyncIterable<Buffer> {
  const described: ManifestEntity[] = [];
  const names = packageFileNames(
    entities.map((entity) => entity.name),
    options.file.kind,
  );
  const files = entities.map((entity, index): ZipEntry => {
    const fileName = names[index] as string;
    return {
      name: fileName,
      content: async function* content() {
        const { columns, bytes } = await entity.open();
        described.push({ name: entity.name, fileName, columns: columns.map(({ name }) => name) });
        yield* bytes;
      },
    };
  });
  const documents = [
    documentEntry(MANIFEST_FILE, options, () => packageManifest(options, described)),
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
