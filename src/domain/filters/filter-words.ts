import { COMPARISON_OPERATORS, TEXT_FUNCTIONS } from "./filter-expression.ts";

/** Words with a meaning in the language. A name with this spelling needs quotes. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  ...COMPARISON_OPERATORS,
  ...TEXT_FUNCTIONS,
  ..."in and or not true false null".split(" "),
]);
