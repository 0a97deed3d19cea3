import { expect, test } from "vitest";
import { FormatOptions, type PackageOptions } from "../../../src/formats/export-format.ts";
import { writtenPackage } from "../../support/written-package.ts";

const options = FormatOptions.parse({
  kind: "package",
  definitionGroup: "Shop",
  file: { kind: "csv" },
}) as PackageOptions;

test("a package fails when a column's name cannot stand in the manifest", async () => {
  const columns = [{ name: "\uFFFE", type: "integer" as const }];
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from("id\r\n");
  }

  await expect(writtenPackage(options, [{ name: "a", columns, bytes: bytes() }])).rejects.toThrow(
    "U+FFFE",
  );
});
