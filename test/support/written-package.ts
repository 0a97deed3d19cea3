import type { PackageOptions } from "../../src/domain/packages/package-options.ts";
import { packageWriter, type WrittenEntity } from "../../src/domain/packages/write-package.ts";
import type { Column } from "../../src/formats/rows.ts";

export interface GivenEntity {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly bytes: AsyncIterable<Buffer>;
}

/** A whole data package of these entities. */
export async function writtenPackage(
  options: PackageOptions,
  entities: readonly GivenEntity[],
  writtenAt = new Date("2024-02-29T12:34:56Z"),
): Promise<Buffer> {
  const names = entities.map(({ name }) => name);
  const writer = packageWriter({ options, names, writtenAt, from: null });
  const bytes: Buffer[] = [];
  const written: WrittenEntity[] = [];
  for (const { name, columns, bytes: content } of entities) {
    bytes.push(writer.begin(name));
    for await (const chunk of writer.pack(content)) {
      bytes.push(chunk);
    }
    bytes.push(writer.endEntity());
    written.push({ name, columns: columns.map((column) => column.name) });
  }
  for await (const chunk of writer.end(written)) {
    bytes.push(chunk);
  }
  return Buffer.concat(bytes);
}
