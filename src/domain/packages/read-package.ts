import type { Entry } from "yauzl";
import { UNPACK_LIMITS } from "../../formats/decompression.ts";
import { shortened } from "../../formats/shortened.ts";
import { quotedList } from "../values/quoted-list.ts";
import { MANIFEST_FILE } from "./package-file-names.ts";
import { packageProblem } from "./package-problem.ts";
import type { RangedFile } from "./ranged-file.ts";
import { type DescribedEntity, readManifest } from "./read-manifest.ts";
import { openZip, type ZipArchive } from "./zip-archive.ts";
import { nameKey } from "./zip-checks.ts";
import { zipFileBytes } from "./zip-file-bytes.ts";
import { entriesByName } from "./zip-names.ts";

export interface DataPackage {
  /** Name of the data project that the package was made for. */
  readonly definitionGroup: string;
  readonly description: string;
  /** In the order of their execution units, levels and sequences, so that referenced entities come first. */
  readonly entities: readonly ReadEntity[];
}

export interface ReadEntity extends Omit<DescribedEntity, "isDisabled"> {
  /** Size of its unpacked file. */
  readonly bytes: number;
  /**
   * Reads its file from the start, as fast as it is taken. May be called again.
   * @throws AppError `file-unreadable` when the file does not fit the archive's list; any error from reading the
   *   archive
   */
  content(): AsyncIterable<Buffer>;
}

/** A manifest describes each column of each entity. It is read as a stream, so the limit only bounds the time. */
const MAX_MANIFEST_BYTES = 64 * 2 ** 20;

/**
 * Opens a data package: a zip with `Manifest.xml`, which names the file and format of each entity. This reads the
 * archive's list and the manifest; files are read on demand. Only files in the manifest are looked up, by name in any
 * case and encoding (`zip-names.ts`). A zip among them is data like any other. `PackageHeader.xml` is not read, because
 * an import does not need it.
 *
 * All files may lie in one folder, as in packages that were unpacked, mended and packed again with their folder.
 * Disabled entities of the manifest are left out.
 *
 * @throws AppError `file-unreadable`: not a zip, not a data package, or beyond the limits, see {@link openZip}; any
 *   error from reading the file
 */
export async function readPackage(file: RangedFile): Promise<DataPackage> {
  const archive = await openZip(file);
  const manifestEntry = findManifest(archive);
  if (manifestEntry.uncompressedSize > MAX_MANIFEST_BYTES) {
    throw packageProblem(`its ${MANIFEST_FILE} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const manifest = await readManifest(zipFileBytes(archive, manifestEntry));
  const folder = manifestEntry.fileName.slice(0, -MANIFEST_FILE.length);
  const files = entriesByName(archive.entries);
  const entities = manifest.entities
    .filter(({ isDisabled }) => !isDisabled)
    .map((entity) => packagedEntity(entity, fileOf(entity, { folder, files, archive }), archive))
    .sort(byPlace);
  refuseTwice(entities);
  const bytes = entities.reduce((sum, entity) => sum + entity.bytes, 0);
  if (bytes > UNPACK_LIMITS.maxBytes) {
    throw packageProblem(`it unpacks to ${bytes} bytes, more than ${UNPACK_LIMITS.maxBytes}`);
  }
  return { ...manifest, entities };
}

function packagedEntity(
  { isDisabled, ...entity }: DescribedEntity,
  entry: Entry,
  archive: ZipArchive,
): ReadEntity {
  return {
    ...entity,
    bytes: entry.uncompressedSize,
    content: () => zipFileBytes(archive, entry),
  };
}

/** At the top or, if there is none, in the only folder that has one. */
function findManifest({ entries }: ZipArchive): Entry {
  const key = nameKey(MANIFEST_FILE);
  const depthOf = ({ fileName }: Entry): number => fileName.split("/").length - 1;
  const all = entries.filter(({ fileName }) => nameKey(fileName.split("/").at(-1) ?? "") === key);
  const atTop = all.filter((entry) => depthOf(entry) === 0);
  const [entry, another] = atTop.length > 0 ? atTop : all.filter((found) => depthOf(found) === 1);
  if (entry === undefined) {
    throw packageProblem(`it has no ${MANIFEST_FILE}; ${filesIn(entries)}`);
  }
  if (another !== undefined) {
    throw packageProblem(`it has more than one ${MANIFEST_FILE}`);
  }
  return entry;
}

interface FilePlace {
  readonly folder: string;
  readonly files: ReadonlyMap<string, Entry>;
  readonly archive: ZipArchive;
}

function fileOf({ name, fileName }: DescribedEntity, { folder, files, archive }: FilePlace): Entry {
  const shown = JSON.stringify(shortened(fileName, 200));
  if (/[\\/\p{Cc}]/u.test(fileName)) {
    throw packageProblem(`entity "${name}" names the file ${shown}, which is not a plain name`);
  }
  const entry = files.get(nameKey(folder + fileName));
  if (entry === undefined) {
    throw packageProblem(
      `entity "${name}" names the file ${shown}, which it does not have; ${filesIn(archive.entries)}`,
    );
  }
  return entry;
}

/** Text that helps the packer of the files. */
function filesIn(entries: readonly Entry[]): string {
  const names = entries.map(({ fileName }) => shortened(fileName, 200));
  return `it has ${quotedList(names) || "no file"}`;
}

function refuseTwice(entities: readonly ReadEntity[]): void {
  const seen = new Set<string>();
  for (const { name } of entities) {
    const key = nameKey(name);
    if (seen.has(key)) {
      throw packageProblem(`its ${MANIFEST_FILE} has entity "${name}" twice`);
    }
    seen.add(key);
  }
}

type Place = Pick<DescribedEntity, "executionUnit" | "level" | "sequence">;

/** Compares two entities by their places in the manifest. */
export function byPlace(a: Place, b: Place): number {
  return a.executionUnit - b.executionUnit || a.level - b.level || a.sequence - b.sequence;
}
