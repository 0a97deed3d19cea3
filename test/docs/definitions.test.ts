import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { definitionDocs } from "../../infra/definition-docs.ts";

const made = definitionDocs();

test.each([...made])("docs/%s is as `npm run docs` makes it", async (path, text) => {
  expect(await readFile(`docs/${path}`, "utf8")).toBe(text);
});

const schemas = [...made].filter(([path]) => path.endsWith(".json"));

test.each(schemas)(
  "docs/%s stands alone, takes its own examples and no unknown field",
  (_, text) => {
    const schema = JSON.parse(text);
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

    expect(schema.examples.length).toBeGreaterThan(0);
    for (const example of schema.examples) {
      expect([validate(example), validate.errors]).toEqual([true, null]);
      expect(validate({ ...example, unheardOf: 1 })).toBe(false);
    }
  },
);
