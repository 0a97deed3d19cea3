/** Names of the package's own documents. */
export const MANIFEST_FILE = "Manifest.xml";
export const HEADER_FILE = "PackageHeader.xml";

const NOT_IN_FILE_NAMES_REGEXP = /[\p{Cc}\p{Cs}\\/:*?"<>|]/gu;
/** Windows treats these as devices, with any extension. */
const DEVICE_REGEXP = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const MAX_STEM_LENGTH = 100;

/**
 * Names the files of a package after its entities, `Customer groups.csv`, so that they can be unpacked anywhere. Names
 * are flat, avoid characters and names that a file system reserves, and differ even if case is ignored.
 */
export function packageFileNames(entities: readonly string[], extension: string): string[] {
  const taken = new Set([MANIFEST_FILE.toLowerCase(), HEADER_FILE.toLowerCase()]);
  return entities.map((entity) => {
    const stem = stemOf(entity);
    let name = `${stem}.${extension}`;
    for (let count = 2; taken.has(name.toLowerCase()); count += 1) {
      name = `${stem} ${count}.${extension}`;
    }
    taken.add(name.toLowerCase());
    return name;
  });
}

function stemOf(entity: string): string {
  const safe = entity
    .toWellFormed()
    .replace(NOT_IN_FILE_NAMES_REGEXP, "_")
    .slice(0, MAX_STEM_LENGTH)
    .toWellFormed()
    .replace(/^[. ]+|[. ]+$/g, "");
  return safe === "" || DEVICE_REGEXP.test(safe) ? `_${safe}` : safe;
}
