import { type ZipProgress, zipWriter } from "../../formats/zip.ts";
import { HEADER_FILE, MANIFEST_FILE, packageFileNames } from "./package-file-names.ts";
import { packageHeader, packageManifest } from "./package-manifest.ts";
import type { PackageOptions } from "./package-options.ts";

/** How data packages are named and announced. */
export const PACKAGE_NAMES = { extension: "zip", contentType: "application/zip" } as const;

export interface PackageRequest {
  readonly options: PackageOptions;
  /** Labels of all entities, e.g. `Customer groups`. */
  readonly names: readonly string[];
  /** What the archive says about when its files were made. */
  readonly writtenAt: Date;
  /** What another attempt has left; null: the package is new. */
  readonly from: ZipProgress | null;
}

/** Writes one data package; the bytes that its methods give make it, in their order. */
export interface PackageWriter {
  /** Begins the file of an entity. */
  begin(name: string): Buffer;
  /** Packs a part of it. */
  pack(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  endEntity(): Buffer;
  /**
   * The documents that describe the entities: they name columns that are known only once a source is open.
   *
   * @throws NotRepresentableError when a name holds what XML cannot
   */
  end(entities: readonly WrittenEntity[]): AsyncIterable<Buffer>;
  /** To be asked between two parts. */
  progress(): ZipProgress;
}

/** An entity whose file is written, in the format that the package's options say. */
export interface WrittenEntity {
  readonly name: string;
  /** Names of the file's columns. */
  readonly columns: readonly string[];
}

/** Writes a data package: a flat zip with one file an entity, and behind them the two documents that describe them. */
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
