import { COMPARISON_OPERATORS, TEXT_FUNCTIONS } from "./filter-expression.ts";

/** Words that mean something to the language, so that a name of that spelling needs quotes. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  ...COMPARISON_OPERATORS,
  ...TEXT_FUNCTIONS,
  ..."in and or not true false null".split(" "),
]);
