import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { definitionDocs } from "./definition-docs.ts";

const DOCS = join(import.meta.dirname, "..", "docs");

for (const [path, text] of definitionDocs()) {
  await mkdir(dirname(join(DOCS, path)), { recursive: true });
  await writeFile(join(DOCS, path), text);
}
