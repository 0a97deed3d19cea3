import { type ZipProgress, zipWriter } from "../../formats/zip.ts";
import { HEADER_FILE, MANIFEST_FILE, packageFileNames } from "./package-file-names.ts";
import { packageHeader, packageManifest } from "./package-manifest.ts";
import type { PackageOptions } from "./package-options.ts";

/** Extension and media type of data packages. */
export const PACKAGE_NAMES = { extension: "zip", contentType: "application/zip" } as const;

export interface PackageRequest {
  readonly options: PackageOptions;
  /** Labels of all entities, e.g. `Customer groups`. */
  readonly names: readonly string[];
  /** Modification time of all files in the archive. */
  readonly writtenAt: Date;
  /** Progress of another attempt; null: the package is new. */
  readonly from: ZipProgress | null;
}

/** Writes one data package. The package consists of the bytes that these methods return, in order. */
export interface PackageWriter {
  /** Begins the file of an entity. */
  begin(name: string): Buffer;
  /** Packs a part of it. */
  pack(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  endEntity(): Buffer;
  /**
   * The documents that describe the entities. They name columns, which are known only after a source was opened.
   *
   * @throws NotRepresentableError when a name holds a character that XML cannot
   */
  end(entities: readonly WrittenEntity[]): AsyncIterable<Buffer>;
  /** Call it only between two parts. */
  progress(): ZipProgress;
}

/** An entity with a written file, in the format of the package's options. */
export interface WrittenEntity {
  readonly name: string;
  /** Names of the file's columns. */
  readonly columns: readonly string[];
}

/** Writes a data package: a flat zip with one file per entity, followed by the two documents that describe them. */
export function packageWriter({ options, names, writtenAt, from }: PackageRequest): PackageWriter {
  const zip = zipWriter(writtenAt, from);
  const fileNames = packageFileNames(names, options.file.kind);
  const fileOf = (name: string): string => fileNames[names.indexOf(name)] as string;

  async function* document(name: string, text: string): AsyncGenerator<Buffer> {
    const encoding = options.manifestEncoding === "utf-8" ? "utf8" : "utf16le";
    yield zip.begin(name);
    yield* zip.pack(once(Buffer.from(text, encoding)));
    yield zip.endFile();
  }

  return {
    begin: (name) => zip.begin(fileOf(name)),
    pack: zip.pack,
    endEntity: zip.endFile,
    end: async function* end(entities) {
      const described = entities.map((entity) => ({ ...entity, fileName: fileOf(entity.name) }));
      yield* document(MANIFEST_FILE, packageManifest(options, described));
      yield* document(HEADER_FILE, packageHeader(options));
      yield zip.end();
    },
    progress: zip.progress,
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
