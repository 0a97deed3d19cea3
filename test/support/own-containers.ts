import type { FilePath, ListedFile } from "../../src/domain/files.ts";
import type { Files } from "../../src/domain/ports.ts";

/** Files in containers of their own, so that worlds in one storage account do not sweep each other. */
export function ownContainers(files: Files, prefix: string): Files {
  const own = <Place extends { readonly container: string }>(place: Place): Place => ({
    ...place,
    container: `${prefix}${place.container}`,
  });
  const shown = ({ path, ...facts }: ListedFile): ListedFile => ({
    ...facts,
    path: { ...path, container: path.container.slice(prefix.length) },
  });
  return {
    write: (path, content, contentType) => files.write(own(path), content, contentType),
    stage: (path, piece, content) => files.stage(own(path), piece, content),
    assemble: (path, file) => files.assemble(own(path), file),
    label: (path, metadata) => files.label(own(path), metadata),
    read: (path, range) => files.read(own(path), range),
    delete: (path: FilePath) => files.delete(own(path)),
    list: async (folder, page) => {
      const { items, next } = await files.list(own(folder), page);
      return { items: items.map(shown), next };
    },
    uri: (path) => files.uri(own(path)),
    writeUrl: (path, expiresAt) => files.writeUrl(own(path), expiresAt),
    readUrl: (path, options) => files.readUrl(own(path), options),
  };
}
