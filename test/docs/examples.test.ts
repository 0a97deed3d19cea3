import { expect, test } from "vitest";
import { BLOCKS, type Block, blocksOf, DOCUMENTS, placeOf, requestsOf } from "./document-blocks.ts";
import { NOT_RUN, type NotRun } from "./not-run.ts";

/** Kinds of block that the test against the local cloud runs. */
const RUN = ["http", "sh", "json answer"];

function fits(listed: NotRun, { document, kind, text }: Block): boolean {
  return listed.document === document && listed.kind === kind && text.startsWith(listed.begins);
}

test("every block of README and docs is run, or is listed with the reason why it is not", () => {
  const others = BLOCKS.filter(({ kind }) => !RUN.includes(kind)).filter(
    (block) => !NOT_RUN.some((listed) => fits(listed, block)),
  );

  expect(others.map((block) => `${placeOf(block)} ${block.kind}`)).toEqual([]);
});

test("each listed block stands in its document once", () => {
  const counts = NOT_RUN.map((listed) => BLOCKS.filter((block) => fits(listed, block)).length);

  expect(NOT_RUN.filter((_, index) => counts[index] !== 1)).toEqual([]);
});

test.each(
  BLOCKS.flatMap((block) =>
    NOT_RUN.filter((listed) => fits(listed, block)).map(
      ({ check, why }) => [placeOf(block), { block, check, why }] as const,
    ),
  ),
)("%s is well formed, though no test runs it", (_, { block, check }) => {
  expect(() => check(block)).not.toThrow();
});

test("an answer stands behind a request", () => {
  const lost = BLOCKS.filter(
    ({ kind, document }, index) =>
      kind === "json answer" &&
      !(BLOCKS[index - 1]?.kind === "http" && BLOCKS[index - 1]?.document === document),
  );

  expect(lost.map(placeOf)).toEqual([]);
});

test("each document with examples is looked at", () => {
  expect(DOCUMENTS).toEqual(
    expect.arrayContaining(["README.md", "docs/deploy.md", "docs/from-dynamics.md"]),
  );
});

test("blocksOf finds blocks behind any fence, and requestsOf requests with headers and bodies", () => {
  const text = '~~~sh\na ``` b\n~~~\n\n   ```http\nGET /a\n\nPUT <url>\nx-y: z\n\n{"a":1}\n\n```\n';

  const blocks = blocksOf("x.md", text);

  expect(blocks.map(({ line, kind }) => [line, kind])).toEqual([
    [1, "sh"],
    [5, "http"],
  ]);
  expect(blocks.flatMap((block) => (block.kind === "http" ? requestsOf(block) : []))).toEqual([
    { method: "GET", path: "/a", headers: {}, body: "" },
    { method: "PUT", path: "<url>", headers: { "x-y": "z" }, body: '{"a":1}' },
  ]);
  expect(() => blocksOf("x.md", "```\nno end")).toThrow("x.md:1");
});
