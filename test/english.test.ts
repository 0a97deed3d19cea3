import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Passage, passagesOfCode, passagesOfDocument } from "./support/prose.ts";

/** The rules that CONTRIBUTING.md names, as far as a machine can tell. Headings and heads of tables are free. */
const SENTENCE_REGEXP = /(?<=^|[.!?:]["”`)]* )[^.!?]*(?:[.!?](?!["”`)]* |$)[^.!?]*)*[.!?]?/g;
const OPENING_REGEXP = /^\**(?:Of|Behind|Also|What|Whoever)\b/;
/** Comments may begin with a small letter, texts and cells with any fragment. */
const COMMENT_OPENING_REGEXP = /^(?:of|behind|also|what|whoever)\b/;
/** "There is no file" and "is no longer kept" are plain. */
const NEGATION_REGEXP = /(?<!\b[Tt]here )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b)\S+/;

/** Partners send files, and Waybill receives them: a third verb for the same act is refused. */
const HAND_IN_REGEXP = /\b(?:hand(?:s|ed|ing)?(?: (?:it|them|one|files?|a file))? in|hand-ins?)\b/i;

/** This file quotes faults. */
const EXEMPT_REGEXP = /^test\/english\.test\.ts$/;

const FILES = globSync([
  "*.{md,ts}",
  "docs/*.md",
  "{src,infra,test}/**/*.{ts,mjs,bicep,md}",
]).filter((file) => !/node_modules/.test(file) && !EXEMPT_REGEXP.test(file.replaceAll("\\", "/")));

/** The words that a stranger has to read twice; null when there are none. */
function faultOf({ kind, text }: Passage): string | null {
  const sentences = [...text.matchAll(SENTENCE_REGEXP)].map(([sentence]) => sentence.trim());
  return (
    sentences.find((sentence) => OPENING_REGEXP.test(sentence) && !sentence.endsWith("?")) ??
    (kind === "comment" && COMMENT_OPENING_REGEXP.test(text) ? text : null) ??
    NEGATION_REGEXP.exec(text)?.[0] ??
    HAND_IN_REGEXP.exec(text)?.[0] ??
    null
  );
}

function faultsOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  const passages = file.endsWith(".md") ? passagesOfDocument(source) : passagesOfCode(source);
  return passages.flatMap((passage) => {
    const fault = faultOf(passage);
    return fault === null ? [] : [`${file}:${passage.line}: ${fault.slice(0, 80)}`];
  });
}

test("no comment, text or document has an opening, a negation or a verb that has to be read twice", () => {
  expect(FILES.flatMap(faultsOf)).toEqual([]);
});

test.each<[language: string, source: string, fault: string]>([
  ["a comment", "/** Of the files. */", "Of the files."],
  ["a small letter", "const a = 1; // what the file holds", "what the file holds"],
  ["a later sentence", "// It ends.\n// Also in a test.", "Also in a test."],
  ["a tag", "/** @returns what it read */", "what it read"],
  ["a text", 'const text = "Whoever reads it.";', "Whoever reads it."],
  ["another verb", "/** A file that a partner hands in. */", "hands in"],
  ["a template", "const text = `Cannot read $" + "{name}: it is no file`;", "is no file"],
])("an opening or a negation is found in %s", (_, source, fault) => {
  expect(passagesOfCode(source).map(faultOf)).toEqual([fault]);
});

test.each<[reason: string, source: string]>([
  ["a question", "// What is it?"],
  ["a pattern", "const a = /Of `no`/; // fine"],
  ["the head of a table", "/*\n * | What | how |\n * |---|---|\n * | a | b |\n */"],
  ["a drawing", "/*\n * A row:\n *\n *     Of a row\n */"],
  ["a plain negation", "// There is no file, and it is no longer kept."],
])("%s is not a fault", (_, source) => {
  expect(passagesOfCode(source).map(faultOf).filter(Boolean)).toEqual([]);
});
